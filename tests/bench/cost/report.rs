//! Medians and ratios over the rounds, as a table. Targets are printed, never asserted: a
//! benchmark on a shared machine is no test.

use std::io::{Write, stderr, stdout};

use crate::Outcome;
use crate::cases::{CACHED, EMPTY};
use crate::load::Cost;
use crate::tokens::Kind;

/// A cached request may cost this many empty handlers.
const CACHED_TARGET: f64 = 1.25;
/// An uncached one that, and this many bare verifications.
const VERIFICATIONS_TARGET: f64 = 1.3;

/// Least share of wall time that a server spends on a processor of its own.
const UNDISTURBED: f64 = 0.9;

/// Rows in the order they were first added, one cost a round.
#[derive(Default)]
pub struct Report(Vec<(&'static str, Vec<Cost>)>);

impl Report {
    pub fn add(&mut self, name: &'static str, cost: Cost) {
        match self.0.iter_mut().find(|(row, _)| *row == name) {
            Some((_, costs)) => costs.push(cost),
            None => self.0.push((name, vec![cost])),
        }
    }

    pub fn print(&self) -> Outcome<()> {
        let mut out = stdout().lock();
        writeln!(out, "\n| CPU per request | µs, median | lowest … highest | × empty | busy |")?;
        writeln!(out, "|---|---:|---:|---:|---:|")?;
        let empty = self.micros(EMPTY);
        for (name, costs) in &self.0 {
            let micros = self.micros(name);
            let lowest = micros.iter().copied().fold(f64::INFINITY, f64::min);
            let highest = micros.iter().copied().fold(0.0, f64::max);
            let ratio = median(micros.iter().zip(&empty).map(|(this, empty)| this / empty));
            let busy = median(costs.iter().map(|cost| cost.busy)) * 100.0;
            let middle = median(micros.into_iter());
            writeln!(
                out,
                "| {name} | {middle:.2} | {lowest:.2} … {highest:.2} | {ratio:.2} | {busy:.0} % |"
            )?;
        }
        self.print_verifications(&mut out)?;
        self.print_targets(&mut out)?;
        self.print_warning(&mut out)
    }

    /// A server that shares its processor pays for the sharing, a cheap request most of all.
    fn print_warning(&self, out: &mut impl Write) -> Outcome<()> {
        let empty = self.0.iter().filter(|(row, _)| *row == EMPTY).flat_map(|(_, costs)| costs);
        if median(empty.map(|cost| cost.busy)) < UNDISTURBED {
            writeln!(
                out,
                "\nthe servers had to share their processor: run again on a quiet machine"
            )?;
        }
        Ok(())
    }

    fn print_verifications(&self, out: &mut impl Write) -> Outcome<()> {
        writeln!(out, "\nuncached = empty handler + k × bare verification; k =")?;
        for kind in Kind::ALL {
            let k = self.over_rounds(kind, |empty, _, uncached, bare| (uncached - empty) / bare);
            writeln!(out, "  {:<20} {k:.2}", kind.uncached_name())?;
        }
        Ok(())
    }

    fn print_targets(&self, out: &mut impl Write) -> Outcome<()> {
        let cached = self.over_rounds(Kind::Rs256, |empty, cached, _, _| cached / empty);
        let share = self.over_rounds(Kind::Rs256, |empty, _, uncached, bare| {
            uncached / (CACHED_TARGET * empty + VERIFICATIONS_TARGET * bare)
        });
        writeln!(
            out,
            "\ncached / empty handler: {cached:.2}, target at most {CACHED_TARGET}\n\
             uncached RS256/2048 / ({CACHED_TARGET} × empty handler + {VERIFICATIONS_TARGET} × \
             bare): {share:.2}, target at most 1"
        )?;
        Ok(())
    }

    /// The median, over the rounds, of a figure made of one round's
    /// (empty, cached, uncached, bare): what a round had in common cancels out.
    fn over_rounds(&self, kind: Kind, figure: impl Fn(f64, f64, f64, f64) -> f64) -> f64 {
        let (empty, cached) = (self.micros(EMPTY), self.micros(CACHED));
        let (uncached, bare) = (self.micros(kind.uncached_name()), self.micros(kind.bare_name()));
        let pairs = empty.into_iter().zip(cached).zip(uncached.into_iter().zip(bare));
        median(
            pairs.map(|((empty, cached), (uncached, bare))| figure(empty, cached, uncached, bare)),
        )
    }

    fn micros(&self, name: &str) -> Vec<f64> {
        let rows = self.0.iter().filter(|(row, _)| *row == name);
        rows.flat_map(|(_, costs)| costs).map(|cost| cost.micros).collect()
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Progress, for people: on standard error, so that the table alone can be kept.
pub fn note(text: &str) {
    // With standard error gone there is nobody left to tell.
    let _ = writeln!(stderr(), "{text}");
}
