//! Payments, shops, and what offices use.

use super::super::shape::Alphabet::{Alnum, Base64, Dotted, Hex, Token as Url, Word};
use super::{Rule, Token, exact, ruled, some, uuid};

pub(super) const TOKENS: &[Token] = &[
    // docs.stripe.com, "API keys", "Webhooks".
    some("sk_live_", "secret.stripe-key", Alnum, 16),
    some("sk_test_", "secret.stripe-key", Alnum, 16),
    some("rk_live_", "secret.stripe-key", Alnum, 16),
    some("rk_test_", "secret.stripe-key", Alnum, 16),
    some("sk_org_", "secret.stripe-org-key", Word, 16),
    some("whsec_", "secret.stripe-webhook-secret", Base64, 24),
    // developer.squareup.com, "Access tokens", "Application secret".
    some("sq0atp-", "secret.square-access-token", Url, 22),
    exact("sq0csp-", "secret.square-client-secret", Url, 43),
    exact("EAAA", "secret.square-access-token", Url, 60),
    // European payments: docs.mollie.com, gocardless.com, docs.klarna.com, developer.sumup.com,
    // docs.adyen.com, developer.gocardless.com.
    exact("live_", "secret.mollie-key", Alnum, 30),
    exact("test_", "secret.mollie-key", Alnum, 30),
    exact("access_", "secret.mollie-access-token", Alnum, 30),
    exact("live_", "secret.gocardless-token", Base64, 40),
    exact("sandbox_", "secret.gocardless-token", Base64, 40),
    some("klarna_live_api_", "secret.klarna-key", Base64, 30),
    some("klarna_test_api_", "secret.klarna-key", Base64, 30),
    some("sup_sk_", "secret.sumup-key", Alnum, 20),
    some("AQE", "secret.adyen-api-key", Base64, 60),
    // Others: razorpay.com, flutterwave.com, plaid.com, goshippo.com, easypost.com, duffel.com.
    some("rzp_live_", "secret.razorpay-key", Alnum, 14),
    some("FLWSECK-", "secret.flutterwave-key", Url, 30),
    some("FLWSECK_TEST-", "secret.flutterwave-key", Url, 30),
    uuid("access-production-", "secret.plaid-access-token"),
    uuid("access-sandbox-", "secret.plaid-access-token"),
    exact("shippo_live_", "secret.shippo-token", Hex, 40),
    exact("EZAK", "secret.easypost-key", Alnum, 54),
    exact("EZTK", "secret.easypost-key", Alnum, 54),
    some("duffel_live_", "secret.duffel-token", Url, 40),
    // shopify.dev, "Access tokens".
    exact("shpat_", "secret.shopify-token", Hex, 32),
    exact("shpca_", "secret.shopify-custom-app-token", Hex, 32),
    exact("shppa_", "secret.shopify-private-app-token", Hex, 32),
    exact("shpss_", "secret.shopify-shared-secret", Hex, 32),
    exact("shpua_", "secret.shopify-user-token", Hex, 32),
    // developers.hubspot.com, developers.notion.com, linear.app, airtable.com, figma.com, contentful.com.
    uuid("pat-na1-", "secret.hubspot-token"),
    uuid("pat-na2-", "secret.hubspot-token"),
    uuid("pat-eu1-", "secret.hubspot-token"),
    some("ntn_", "secret.notion-token", Alnum, 40),
    exact("secret_", "secret.notion-token", Alnum, 43),
    some("lin_api_", "secret.linear-key", Alnum, 32),
    some("lin_oauth_", "secret.linear-oauth-token", Alnum, 32),
    ruled(Rule::Parts(14), exact("pat", "secret.airtable-token", Hex, 64)),
    some("figd_", "secret.figma-token", Url, 38),
    some("CFPAT-", "secret.contentful-token", Url, 40),
    // typeform.com (Barcelona), salesforce.com, frame.io.
    some("tfp_", "secret.typeform-token", Dotted, 40),
    some("3MVG9", "secret.salesforce-consumer-key", Dotted, 70),
    some("fio-u-", "secret.frameio-token", Url, 50),
];
