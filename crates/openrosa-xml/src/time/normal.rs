//! Date-times as CommCare HQ rewrites them.

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta};

/// A date-time in UTC with microseconds and `Z`; `None` for a text that CommCare HQ does not take for a date-time, such as
/// a date alone. Without an offset the time is UTC already.
///
/// *Spec:* case-xml.md 8.4.
///
/// ```
/// # use openrosa_xml::time::normal_time;
/// assert_eq!(normal_time("2013-03-09T06:30:09.007+03").as_deref(), Some("2013-03-09T03:30:09.007000Z"));
/// assert_eq!(normal_time("2013-03-09"), None);
/// ```
#[must_use]
pub fn normal_time(text: &str) -> Option<String> {
    // Both patterns of CommCare HQ end in `$`, which in Python lets one line feed follow.
    let mut rest = Digits(text.strip_suffix('\n').unwrap_or(text));
    let year = rest.number(4)?;
    rest.takes(&['-']);
    let month = rest.number(2)?;
    rest.takes(&['-']);
    let day = rest.number(2)?;
    rest.takes(&['T', ' ']).then_some(())?;
    let time = rest.time()?;
    let offset = rest.offset(59)?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    let utc = date.and_time(time).checked_sub_signed(offset)?;
    let in_years_of_python = (1..=9999).contains(&date.year()) && (1..=9999).contains(&utc.year());
    in_years_of_python.then(|| utc.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string())
}

/// What is left of a text: what both the loose pattern of CommCare HQ and its parser let through.
pub(super) struct Digits<'a>(pub(super) &'a str);

impl Digits<'_> {
    /// Exactly so many digits.
    pub(super) fn number(&mut self, digits: usize) -> Option<u32> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        let number = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())??;
        self.0 = rest;
        Some(number)
    }

    /// How many digits come next.
    pub(super) fn run(&self) -> usize {
        self.0.bytes().take_while(u8::is_ascii_digit).count()
    }

    pub(super) fn takes(&mut self, any: &[char]) -> bool {
        self.0.strip_prefix(any).map(|rest| self.0 = rest).is_some()
    }

    /// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.fff`, three to six digits after the point, with or without the colons.
    fn time(&mut self) -> Option<NaiveTime> {
        let hour = self.number(2)?;
        self.takes(&[':']);
        let minute = self.number(2)?;
        let has_colon = self.takes(&[':']);
        let Some(second) = self.number(2) else {
            return if has_colon { None } else { NaiveTime::from_hms_opt(hour, minute, 0) };
        };
        let has_fraction = self.takes(&['.', ',']);
        if has_fraction && !(3..=6).contains(&self.run()) {
            return None;
        }
        let micro = if has_fraction { self.fraction()? } else { 0 };
        NaiveTime::from_hms_micro_opt(hour, minute, second, micro)
    }

    /// Microseconds; further digits are dropped.
    pub(super) fn fraction(&mut self) -> Option<u32> {
        let (digits, rest) = self.0.split_at(self.run());
        self.0 = rest;
        let six: String = digits.chars().chain("000000".chars()).take(6).collect();
        (!digits.is_empty()).then(|| six.parse().ok())?
    }

    /// Nothing, `Z`, `±hh`, `±hhmm` or `±hh:mm`, and then the end; less than a day, of at most so many minutes beside the hours.
    pub(super) fn offset(&mut self, most_minutes: u32) -> Option<TimeDelta> {
        if matches!(self.0, "" | "Z") {
            return Some(TimeDelta::zero());
        }
        let behind = self.0.starts_with('-');
        self.takes(&['+', '-']).then_some(())?;
        let hours = self.number(2)?;
        self.takes(&[':']);
        let minutes = self.number(2).unwrap_or(0);
        let all = hours * 60 + minutes;
        if minutes > most_minutes || all >= 24 * 60 || !self.0.is_empty() {
            return None;
        }
        let offset = TimeDelta::minutes(all.into());
        Some(if behind { -offset } else { offset })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// C-114: date-times become UTC with microseconds and `Z`, whatever shape they had.
    #[test]
    fn date_times_take_one_shape() {
        for (written, normal) in [
            ("2024-05-01T12:00:00.000+02", "2024-05-01T10:00:00.000000Z"),
            ("2024-05-01T12:00:00.000+02:00", "2024-05-01T10:00:00.000000Z"),
            ("2024-05-01T00:30:00.1234-0530", "2024-05-01T06:00:00.123400Z"),
            ("2024-01-01 01:00+02:00", "2023-12-31T23:00:00.000000Z"),
            ("2010-07-22T13:54:27.971", "2010-07-22T13:54:27.971000Z"),
            ("20240501T100000Z", "2024-05-01T10:00:00.000000Z"),
            ("2024-05-01T10:00\n", "2024-05-01T10:00:00.000000Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ] {
            assert_eq!(normal_time(written).as_deref(), Some(normal), "{written:?}");
        }
    }

    /// C-114: a date without a time stays as it is, and so does what is no date-time.
    #[test]
    fn anything_else_stays_as_it_is() {
        for text in [
            "",
            "2024-05-01",
            "2024-05-01T",
            "2024-05-01T10",
            "2024-02-30T10:00",
            "2024-05-01T24:00",
            "12:00:00",
            "2024-05-01t10:00",
            "2024-05-01T10:00z",
            " 2024-05-01T10:00",
            "2024-05-01T10:00 ",
            "2024-05-01T10:00:",
            "2024-05-01T10:00:60",
            "2024-05-01T10:00:00.12",
            "2024-05-01T10:00:00.1234567",
            "2024-05-01T10:00.500",
            "2013-04-19T16:52:41.077 05:30",
            "2024-05-01T10:00+2",
            "2024-05-01T10:00+24:00",
            "2024-05-01T10:00+02:60",
            "2024-05-01T10:00:00+02:00x",
            "0001-01-01T00:00+01",
            "0000-01-01T00:00",
            "9999-12-31T23:59-01",
            "٢٠٢٤-05-01T10:00",
        ] {
            assert_eq!(normal_time(text), None, "{text:?}");
        }
    }

    proptest! {
        /// C-114: rewriting twice is rewriting once.
        #[test]
        fn what_was_rewritten_stays(text in "[12][0-9]{3}-?(0[1-9]|1[0-2])-?[0-3][0-9][T ][0-2][0-9]:?[0-5][0-9](:?[0-5][0-9]([.,][0-9]{3,6})?)?(Z|[+-][01][0-9](:?[0-5][0-9])?)?\n?") {
            if let Some(normal) = normal_time(&text) {
                prop_assert_eq!(normal_time(&normal), Some(normal));
            }
        }

        #[test]
        fn any_text_gets_an_answer(text in "\\PC{0,40}") {
            let _ = normal_time(&text);
        }
    }
}
