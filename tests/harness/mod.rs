//! The service under test, started for real on a free port, and fakes of everything it talks to.
//! One vocabulary for all end-to-end tests.

pub mod issuer;
pub mod keys;
pub mod service;
pub mod token;

pub use issuer::FakeIssuer;
pub use keys::SigningKey;
pub use service::TestService;
pub use token::Token;

/// Where the manual clocks of the tests begin: some day in 2033.
pub const NOW: i64 = 2_000_000_000;
pub const AUDIENCE: &str = "https://mcp.example";
pub const SCOPE: &str = "mcp:use";
