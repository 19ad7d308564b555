//! The service as its users meet it, over real HTTP. Files are named after what an operator fears.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

#[path = "../harness/mod.rs"]
mod harness;

mod a_leaked_token;
mod a_malformed_request;
mod a_provider_of_its_own_mind;
mod a_service_that_does_not_start;
mod a_wrong_no;
mod a_wrong_yes;
mod an_attack;
mod an_issuer_outage;
mod an_issuer_under_attack;
