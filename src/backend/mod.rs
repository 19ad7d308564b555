//! The outside world: what Assay reaches over the network, behind the traits that actors declare.
//!
//! Invariant: every call has a timeout, a size limit and no redirects; see [`http_client`].

pub mod http_client;
pub mod issuer;
