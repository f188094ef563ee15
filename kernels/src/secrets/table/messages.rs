//! Messages, mail and social networks.

use super::super::shape::Alphabet::{Alnum, Base64, Hex, Token as Url, Word};
use super::{Rule, Token, exact, ruled, some};

pub(super) const TOKENS: &[Token] = &[
    // docs.slack.dev, "Tokens".
    some("xoxb-", "secret.slack-token", Url, 20),
    some("xoxp-", "secret.slack-token", Url, 20),
    some("xoxa-", "secret.slack-token", Url, 20),
    some("xoxr-", "secret.slack-token", Url, 20),
    some("xoxo-", "secret.slack-token", Url, 20),
    some("xoxs-", "secret.slack-session-token", Url, 20),
    some("xoxc-", "secret.slack-session-token", Url, 20),
    some("xoxd-", "secret.slack-session-token", Url, 20),
    some("xoxe-", "secret.slack-refresh-token", Url, 20),
    some("xapp-", "secret.slack-app-token", Url, 20),
    // mailgun.com; mailchimp.com, "Transactional"; developers.brevo.com; resend.com.
    exact("key-", "secret.mailgun-key", Hex, 32),
    ruled(Rule::Digit, exact("md-", "secret.mandrill-key", Url, 22)),
    some("xkeysib-", "secret.brevo-api-key", Url, 64),
    some("xsmtpsib-", "secret.brevo-smtp-key", Url, 64),
    exact("re_", "secret.resend-key", Word, 33),
    // developers.facebook.com, "Access tokens"; developer.x.com, "Bearer tokens".
    some("EAA", "secret.facebook-access-token", Alnum, 80),
    some("IGQV", "secret.instagram-access-token", Url, 80),
    some("IGAA", "secret.instagram-access-token", Url, 80),
    some("AAAAAAAAAAAAAAAAAAAAA", "secret.x-bearer-token", Base64, 60),
];
