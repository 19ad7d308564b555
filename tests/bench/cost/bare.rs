//! Signature verification alone, the share of an uncached request that no care can take away.

use assay::clock::Clock;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::load::{Budget, Cost};
use crate::tokens::Tokens;
use crate::{Outcome, cpu};

/// A clock is not free; it is looked at once in so many verifications.
const BATCH: usize = 100;

/// CPU time of one verification, averaged over all tokens.
pub fn measure(tokens: &Tokens, budget: Budget, clock: &Clock) -> Outcome<Cost> {
    let pairs: Vec<(&[u8], Vec<u8>)> =
        tokens.texts.iter().map(|token| take_apart(token)).collect::<Outcome<_>>()?;
    let (started, cpu_before) = (clock.elapsed(), cpu::of_this_thread()?);
    let mut operations = 0;
    let mut endless = pairs.iter().cycle();
    while operations < budget.operations && clock.elapsed().saturating_sub(started) < budget.time {
        for (signing_input, signature) in endless.by_ref().take(BATCH) {
            tokens.key.verify_sig(signing_input, signature)?;
        }
        operations += BATCH;
    }
    let wall = clock.elapsed().saturating_sub(started);
    Ok(Cost::of(cpu::of_this_thread()?.saturating_sub(cpu_before), wall, operations))
}

fn take_apart(token: &str) -> Outcome<(&[u8], Vec<u8>)> {
    let (signing_input, signature) = token.rsplit_once('.').ok_or("not a token")?;
    Ok((signing_input.as_bytes(), URL_SAFE_NO_PAD.decode(signature)?))
}
