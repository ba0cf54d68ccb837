def test_clock_moves_forward_only(api, db):
    client = api()
    before = client.get("/api/v1/demo/clock").json()["business_now"]
    answer = client.post("/api/v1/demo/clock", {"advance_seconds": 3600}, format="json")
    assert answer.status_code == 200, answer.content
    assert answer.json()["business_now"] > before
    refused = client.post("/api/v1/demo/clock", {"advance_seconds": -5}, format="json")
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "validation_error"
