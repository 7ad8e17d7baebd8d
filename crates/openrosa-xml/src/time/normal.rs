//! Which texts CommCare HQ takes for date-times, and how it rewrites them.

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta};

/// A date-time in UTC with microseconds and `Z`; `None` for a text that CommCare HQ does not take for a date-time, such as
/// a date alone. Without an offset the time is UTC already.
///
/// *Spec:* case-xml.md 8.4.
///
/// ```
/// # #[cfg(feature = "json")] {
/// # use openrosa_xml::json::normal_time;
/// assert_eq!(normal_time("2013-03-09T06:30:09.007+03").as_deref(), Some("2013-03-09T03:30:09.007000Z"));
/// assert_eq!(normal_time("2013-03-09"), None);
/// # }
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
    let offset = rest.offset()?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    let utc = date.and_time(time).checked_sub_signed(offset)?;
    let in_years_of_python = (1..=9999).contains(&date.year()) && (1..=9999).contains(&utc.year());
    in_years_of_python.then(|| utc.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string())
}

/// What is left of a text: what both the loose pattern of CommCare HQ and its parser let through.
struct Digits<'a>(&'a str);

impl Digits<'_> {
    /// Exactly so many digits.
    fn number(&mut self, digits: usize) -> Option<u32> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        let number = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())??;
        self.0 = rest;
        Some(number)
    }

    fn takes(&mut self, any: &[char]) -> bool {
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
        let micro = if self.takes(&['.', ',']) { self.micros()? } else { 0 };
        NaiveTime::from_hms_micro_opt(hour, minute, second, micro)
    }

    fn micros(&mut self) -> Option<u32> {
        let digits = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let scale = u32::try_from(6_usize.checked_sub(digits)?).ok()?;
        (digits >= 3).then(|| self.number(digits)).flatten().map(|micros| micros * 10_u32.pow(scale))
    }

    /// Nothing, `Z`, `±hh`, `±hhmm` or `±hh:mm`, and then the end.
    fn offset(&mut self) -> Option<TimeDelta> {
        if matches!(self.0, "" | "Z") {
            return Some(TimeDelta::zero());
        }
        let behind = self.0.starts_with('-');
        self.takes(&['+', '-']).then_some(())?;
        let hours = self.number(2).filter(|&hours| hours < 24)?;
        self.takes(&[':']);
        let minutes = self.number(2).unwrap_or(0);
        if minutes > 59 || !self.0.is_empty() {
            return None;
        }
        let offset = TimeDelta::minutes(i64::from(hours * 60 + minutes));
        Some(if behind { -offset } else { offset })
    }
}
