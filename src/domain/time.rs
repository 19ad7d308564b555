//! Points in time as JWT knows them: whole seconds since 1970 (`NumericDate`, RFC 7519 section 2).

/// Seconds since 1970-01-01T00:00:00Z, never negative and never past the year 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(i64);

impl UnixTime {
    /// 9999-12-31T23:59:59Z: a later date is a mistake or an attack, and would overflow someone.
    pub const MAX: Self = Self(253_402_300_799);

    /// `None` outside the range of the type.
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        (0..=Self::MAX.0).contains(&seconds).then_some(Self(seconds))
    }

    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// This time moved by `seconds`, held inside the range of the type.
    #[must_use]
    pub fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds).clamp(0, Self::MAX.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_only_dates_a_calendar_can_write() {
        assert_eq!(UnixTime::from_seconds(-1), None);
        assert_eq!(UnixTime::from_seconds(UnixTime::MAX.0 + 1), None);
        assert_eq!(UnixTime::from_seconds(0).unwrap().plus(-5).seconds(), 0);
        assert_eq!(UnixTime::MAX.plus(5), UnixTime::MAX);
    }
}
