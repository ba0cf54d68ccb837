/* Where a card is typed in: Stripe's own field, so that no card number ever comes to us. */
"use strict";

window.petwashCard = (() => {
  const say = (text) => {
    const place = document.getElementById("card-said");
    if (place) place.textContent = text;
  };
  let stripe = null;
  let elements = null;
  let asked = "";

  /** The one Stripe of this page; null where cards are not typed in, or its script did not come. */
  function open(key) {
    if (!stripe && key && window.Stripe) stripe = window.Stripe(key);
    return stripe;
  }

  /** Show the field, and keep its amount that of the chosen program. */
  function mount(stage) {
    const place = document.getElementById("card");
    if (!place) return;
    if (!open(stage.dataset.stripe)) {
      say("The card field could not be loaded. Check your connection and reload the page.");
      return;
    }
    const chosen = stage.querySelector("input[data-minor]:checked") || stage.querySelector("input[data-minor]");
    if (!chosen) return;
    const order = { amount: Number(chosen.dataset.minor), currency: chosen.dataset.currency };
    if (place.childElementCount && elements) {
      elements.update(order);
      return;
    }
    elements = stripe.elements({ mode: "payment", ...order, paymentMethodCreation: "manual", paymentMethodTypes: ["card"] });
    elements.create("payment").mount(place);
  }

  /** Return the payment method's id for what was typed; null when Stripe says what is wrong with it. */
  async function method() {
    say("");
    if (!stripe || !elements) return null;
    const checked = await elements.submit();
    if (checked.error) return say(checked.error.message), null;
    const made = await stripe.createPaymentMethod({ elements });
    if (made.error) return say(made.error.message), null;
    return made.paymentMethod.id;
  }

  /** Let the bank ask its customer (3-D Secure); once by itself, then only when the button is pressed. */
  async function confirm(key, secret, byHand) {
    if ((asked === secret && !byHand) || !open(key)) return;
    asked = secret;
    say("");
    const done = await stripe.handleNextAction({ clientSecret: secret });
    if (done.error) say(done.error.message);
  }

  return { mount, method, confirm };
})();
