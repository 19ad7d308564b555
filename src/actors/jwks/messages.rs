//! What the JWKS actor can be asked.

use actix::Message;
use tokio::sync::oneshot;

use super::FetchFault;

/// Asks for keys newer than `seen`. The reply comes once such keys are published, or the attempt
/// that would have brought them has failed; `Ok` says only that an attempt succeeded.
///
/// The reply goes through a channel of its own, so that the mailbox stays open meanwhile.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Refresh {
    /// Generation of the snapshot that did not suffice.
    pub seen: u64,
    pub reply: oneshot::Sender<RefreshReply>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefreshReply {
    Done(Result<(), FetchFault>),
    /// The waiting list is full.
    TooManyWaiting,
}

/// Starts a fetch if one is due: sent by a request that found the keys past half of their lifetime,
/// for platforms that stop the timers of an idle process.
#[derive(Message)]
#[rtype(result = "()")]
pub struct RefreshIfDue;
