//! Dates as the library reads them that CommCare HQ uses.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::normal::Digits;

/// The instant that Python's `iso8601` finds in a text, in the years that Python has; `None` for what it refuses. What is left
/// out is the least there is, and without an offset the time is UTC.
///
/// Its pattern is `YYYY`, `YYYY-M[M]`, `YYYY-M[M]-D[D]` or `YYYYMMDD`, and behind a day `T` or a space, `hh[:mm[:s[s][.f]]]`, and
/// `Z` or `±hh[:mm]`, all of it with or without the colons. Nothing is trimmed, and letters are capital.
///
/// *Spec:* case-xml.md 1.13.
pub(super) fn instant(text: &str) -> Option<DateTime<Utc>> {
    // The pattern ends in `$`, which in Python lets one line feed follow.
    let mut rest = Digits(text.strip_suffix('\n').unwrap_or(text));
    let [year, month, day] = rest.day()?;
    let clock = match rest.0.strip_prefix(['T', ' ']) {
        Some(clock) => Digits(clock).clock(true).or_else(|| Digits(clock).clock(false))?,
        None if rest.0.is_empty() => Clock::default(),
        None => return None,
    };
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    let [hour, minute, second, micro] = clock.time;
    let time = NaiveTime::from_hms_micro_opt(hour, minute, second, micro)?;
    let utc = date.and_time(time).checked_sub_signed(clock.offset)?;
    let has_python = |year| (1..=9999).contains(&year);
    (has_python(date.year()) && has_python(utc.year())).then(|| utc.and_utc())
}

/// What follows a day. That the numbers are there does not say that a clock shows them.
#[derive(Default)]
struct Clock {
    time: [u32; 4],
    offset: TimeDelta,
}

impl Digits<'_> {
    fn day(&mut self) -> Option<[u32; 3]> {
        let year = self.number(4)?;
        if self.0.is_empty() {
            return Some([year, 1, 1]);
        }
        let has_dash = self.takes(&['-']);
        let digits = match self.run() {
            // A day without a dash before it has two digits, which are the last of the run.
            1 | 3 if has_dash => 1,
            _ => 2,
        };
        let month = self.number(digits)?;
        if has_dash && self.0.is_empty() {
            return Some([year, month, 1]);
        }
        let digits = if self.takes(&['-']) { self.run().clamp(1, 2) } else { 2 };
        Some([year, month, self.number(digits)?])
    }

    /// Everything up to the end. Minutes may be left out, and seconds follow the hour then: the pattern is tried both ways.
    fn clock(mut self, has_minute: bool) -> Option<Clock> {
        let mut time = [self.number(2)?, 0, 0, 0];
        if has_minute && !self.is_at_offset() {
            self.takes(&[':']);
            time[1] = self.number(2)?;
        }
        if !self.is_at_offset() {
            self.takes(&[':']);
            time[2] = self.number(self.run().clamp(1, 2))?;
            if self.takes(&['.', ',']) {
                time[3] = self.fraction()?;
            }
        }
        Some(Clock { time, offset: self.offset(99)? })
    }

    fn is_at_offset(&self) -> bool {
        self.0.is_empty() || self.0.starts_with(['Z', '+', '-'])
    }
}

#[cfg(test)]
mod tests {
    use chrono::SecondsFormat;
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<String> {
        instant(text).map(|at| at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }

    /// C-033: as `iso8601` 2.1.0 has it, odd as some are.
    #[test]
    fn what_the_library_takes() {
        for (written, meant) in [
            ("2026", "2026-01-01T00:00:00Z"),
            ("2026-05", "2026-05-01T00:00:00Z"),
            ("2026-5-1", "2026-05-01T00:00:00Z"),
            ("2026-112", "2026-01-12T00:00:00Z"),
            ("202605-01", "2026-05-01T00:00:00Z"),
            ("2026-0501", "2026-05-01T00:00:00Z"),
            ("20260501", "2026-05-01T00:00:00Z"),
            ("20260501T10", "2026-05-01T10:00:00Z"),
            ("2026-05-01T10", "2026-05-01T10:00:00Z"),
            ("2026-05-01T10Z", "2026-05-01T10:00:00Z"),
            ("2026-05-01 10-02", "2026-05-01T12:00:00Z"),
            ("2026-05-01T10:5", "2026-05-01T10:00:05Z"),
            ("2026-05-01T10:30", "2026-05-01T10:30:00Z"),
            ("2026-05-01T10:30.5", "2026-05-01T10:00:30.500Z"),
            ("2026-05-01T10305", "2026-05-01T10:30:05Z"),
            ("2026-05-01T10:00:00,5Z", "2026-05-01T10:00:00.500Z"),
            ("2026-05-01T10:00:00.1234567891234Z", "2026-05-01T10:00:00.123456Z"),
            ("2026-05-01T10:00:00+15:00", "2026-04-30T19:00:00Z"),
            ("2026-05-01T10:00:00+0530", "2026-05-01T04:30:00Z"),
            ("2026-05-01T10:00:00+05:", "2026-05-01T05:00:00Z"),
            ("2026-05-01T10:00:00+02:60", "2026-05-01T07:00:00Z"),
            ("2026-05-01T10:00:00Z\n", "2026-05-01T10:00:00Z"),
            ("0001-01-01", "0001-01-01T00:00:00Z"),
        ] {
            assert_eq!(read(written).as_deref(), Some(meant), "{written:?}");
        }
    }

    /// C-033: and what it does not.
    #[test]
    fn what_the_library_refuses() {
        for written in [
            "",
            "987-01-01",
            "0000-01-01",
            "+2026-05-01",
            "202605",
            "202605\n",
            "2026-",
            "2026-05-",
            "2026-13-01",
            "2026-05T10",
            "2026-05-01T",
            "2026-05-01T1",
            "2026-05-01T10:",
            "2026-05-01T10:75",
            "2026-05-01T24:00:00Z",
            "2026-05-01T23:59:60Z",
            "2026-05-01T10:00:00.Z",
            "2026-05-01t10:00:00Z",
            "2026-05-01T10:00:00z",
            "2026-05-01T10:00:00 Z",
            "2026-05-01T10:00:00-5",
            "2026-05-01T10:00:00+5:30",
            "2026-05-01T10:00:00+053",
            "2026-05-01T10:00:00+24:00",
            "2026-05-01T10:00:00+23:60",
            "0001-01-01T00:00:00+01:00",
            " 2026-05-01",
            "2026-05-01 ",
            "2026-05-01T10:00:00Z\n\n",
            "٢٠٢٦-05-01",
        ] {
            assert_eq!(read(written), None, "{written:?}");
        }
    }

    proptest! {
        /// C-033: what was rewritten before is read as what it was rewritten to.
        #[test]
        fn what_is_rewritten_is_read_alike(text in "[12][0-9]{3}-?(0[1-9]|1[0-2])-?[0-3][0-9][T ][0-2][0-9]:?[0-5][0-9](:?[0-5][0-9]([.,][0-9]{3,6})?)?(Z|[+-][01][0-9](:?[0-5][0-9])?)?\n?") {
            if let Some(normal) = super::super::normal_time(&text) {
                prop_assert_eq!(instant(&normal), instant(&text));
            }
        }

        #[test]
        fn any_text_gets_an_answer(text in "\\PC{0,40}") {
            let _ = instant(&text);
        }
    }
}
