"""/pictures/stations/{file}: the photo of a station that is in service; a file that no station shows is not there."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.common import pictures
from apps.stations import selectors


@require_safe
def show(request: HttpRequest, file: str) -> HttpResponse:
    """Answer the picture."""
    name = selectors.shown_photo(file)
    if name is None:
        raise Http404
    return pictures.answer(name, public=True)
