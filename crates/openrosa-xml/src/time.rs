//! Dates and times as the field writes them.
//!
//! The shapes in use differ (openrosa.md 8.1, case-xml.md 1.13), and some readers depend on details, so the written text
//! is never given up: a [`Timestamp`] is the text, and its meaning is asked for.

mod device;
mod library;
mod normal;

use std::fmt;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Utc};
use thiserror::Error;

use crate::{text::Text, xml::chars::trim};

pub use normal::normal_time;

/// A date or date-time as it was written.
///
/// Two timestamps are equal when their texts are; compare the [`Moment`]s or instants to compare what they mean.
///
/// ```
/// # use openrosa_xml::Timestamp;
/// let written = Timestamp::new("2018-04-17T22:59:27.493-04");
/// assert_eq!(written.moment()?.utc().to_string(), "2018-04-18 02:59:27.493 UTC");
/// assert_eq!(written.as_str(), "2018-04-17T22:59:27.493-04");
/// # Ok::<(), openrosa_xml::TimestampError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Timestamp<'a>(Text<'a>);

/// The parts that a timestamp names. A missing time or offset stays missing: readers in the field disagree on what to
/// put there (the device its own zone, servers UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a date, a time and an offset are all there is")]
pub struct Moment {
    /// The day.
    pub date: NaiveDate,
    /// The time of day.
    pub time: Option<NaiveTime>,
    /// The distance from UTC.
    pub offset: Option<FixedOffset>,
}

/// A text is in none of the shapes that writers of the family use.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{text}` is no date or date-time: {expected} expected")]
pub struct TimestampError {
    text: String,
    expected: &'static str,
}

impl<'a> Timestamp<'a> {
    /// The timestamp with exactly this text, whatever it says.
    pub fn new(text: impl Into<Text<'a>>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the text means, by the tolerant grammar of openrosa.md 8.1.
    pub fn moment(&self) -> Result<Moment, TimestampError> {
        let mut rest = Unread { rest: trim(&self.0) };
        rest.moment().map_err(|expected| self.error(expected))
    }

    /// The instant that CommCare HQ finds in a date of a case. What it [rewrites](normal_time) is rewritten before it is read; the
    /// grammar is that of the library that it reads with, which is another than the [tolerant one](Self::moment), and the years are
    /// those that Python has, 1 to 9999.
    ///
    /// *Spec:* case-xml.md 1.13, 8.4.
    ///
    /// ```
    /// # use openrosa_xml::Timestamp;
    /// let written = Timestamp::new("20240501T100000+1430");
    /// assert!(written.moment().is_err());
    /// assert_eq!(written.instant_to_hq()?.to_string(), "2024-04-30 19:30:00 UTC");
    /// # Ok::<(), openrosa_xml::TimestampError>(())
    /// ```
    pub fn instant_to_hq(&self) -> Result<DateTime<Utc>, TimestampError> {
        let rewritten = normal_time(&self.0);
        library::instant(rewritten.as_deref().unwrap_or(&self.0))
            .ok_or_else(|| self.error("a date of ISO 8601 in the years 1 to 9999"))
    }

    /// The instant that a device in this zone finds in it: in a date of a case, and in `last_modified` of a search result. It knows
    /// only `T` before a time, an offset moves the time of day but not the day, and `+0530` counts as 530 hours.
    ///
    /// *Spec:* case-xml.md 1.13.
    ///
    /// ```
    /// # use openrosa_xml::Timestamp;
    /// let lima = chrono::FixedOffset::west_opt(5 * 3600).unwrap();
    /// let at = |text| Timestamp::new(text).instant_to_device(lima).map(|at| at.to_string());
    /// assert_eq!(at("2024-05-01")?, "2024-05-01 05:00:00 UTC");
    /// assert_eq!(at("2024-05-01T10:00:00Z")?, "2024-05-01 10:00:00 UTC");
    /// assert!(at("2024-05-01 10:00:00").is_err());
    /// # Ok::<(), openrosa_xml::TimestampError>(())
    /// ```
    pub fn instant_to_device(&self, zone: FixedOffset) -> Result<DateTime<Utc>, TimestampError> {
        device::instant(&self.0, zone)
            .ok_or_else(|| self.error("a date, or a date and a time with `T` between"))
    }

    /// The beginning of the day that a device in this zone finds in it, in its own zone: in `date_opened`, where it knows days alone.
    ///
    /// *Spec:* case-xml.md 1.13.
    ///
    /// ```
    /// # use openrosa_xml::Timestamp;
    /// let lima = chrono::FixedOffset::west_opt(5 * 3600).unwrap();
    /// let at = |text| Timestamp::new(text).day_to_device(lima).map(|at| at.to_string());
    /// assert_eq!(at("2024-05-01")?, "2024-05-01 05:00:00 UTC");
    /// assert!(at("20240501").is_err() && at("2024-05-01T10:00:00Z").is_err());
    /// # Ok::<(), openrosa_xml::TimestampError>(())
    /// ```
    pub fn day_to_device(&self, zone: FixedOffset) -> Result<DateTime<Utc>, TimestampError> {
        device::midnight(&self.0, zone).ok_or_else(|| self.error("a date"))
    }

    fn error(&self, expected: &'static str) -> TimestampError {
        TimestampError { text: self.0.chars().take(80).collect(), expected }
    }

    /// The same timestamp, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Timestamp<'static> {
        Timestamp(self.0.into_owned())
    }
}

impl Timestamp<'static> {
    /// A moment as every reader of the family understands it: `2024-05-01T12:00:00.000+02:00`, or `Z` for UTC.
    #[must_use]
    pub fn from_datetime(at: &DateTime<FixedOffset>) -> Self {
        Self(at.to_rfc3339_opts(SecondsFormat::Millis, true).into())
    }

    /// A moment as CommCare HQ rewrites date-times in case properties: UTC, microseconds, `Z` (case-xml.md 8.4).
    #[must_use]
    pub fn stable(at: &DateTime<FixedOffset>) -> Self {
        Self(at.to_utc().to_rfc3339_opts(SecondsFormat::Micros, true).into())
    }

    /// A day: `2024-05-01`.
    #[must_use]
    pub fn from_date(date: NaiveDate) -> Self {
        Self(date.format("%Y-%m-%d").to_string().into())
    }

    /// The present moment by the system clock, in UTC.
    #[cfg(feature = "clock")]
    #[must_use]
    pub fn now() -> Self {
        Self::from_datetime(&Utc::now().fixed_offset())
    }
}

impl fmt::Display for Timestamp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Moment {
    /// The instant, as servers see it: without an offset it is UTC, without a time the day begins.
    #[must_use]
    pub fn utc(&self) -> DateTime<Utc> {
        let local = NaiveDateTime::new(self.date, self.time.unwrap_or(NaiveTime::MIN));
        let behind = self.offset.map_or(0, |offset| offset.local_minus_utc());
        let utc = local.checked_sub_signed(chrono::TimeDelta::seconds(behind.into()));
        utc.unwrap_or(local).and_utc()
    }
}

/// What is left of a text while it is taken apart.
struct Unread<'a> {
    rest: &'a str,
}

type Expected<T> = Result<T, &'static str>;

impl Unread<'_> {
    fn moment(&mut self) -> Expected<Moment> {
        let date = self.date()?;
        if self.rest.is_empty() {
            return Ok(Moment { date, time: None, offset: None });
        }
        if !self.takes('T') && !self.takes(' ') {
            return Err("`T` between date and time");
        }
        let time = Some(self.time()?);
        let offset = self.offset()?;
        match self.rest.is_empty() {
            true => Ok(Moment { date, time, offset }),
            false => Err("nothing after the offset"),
        }
    }

    fn date(&mut self) -> Expected<NaiveDate> {
        const DATE: &str = "a date such as 2024-05-01";
        let year = self.number(1, 6).ok_or(DATE)?;
        let month = self.takes('-').then(|| self.number(1, 2)).flatten().ok_or(DATE)?;
        let day = self.takes('-').then(|| self.number(1, 2)).flatten().ok_or(DATE)?;
        let year = i32::try_from(year).map_err(|_| DATE)?;
        NaiveDate::from_ymd_opt(year, month, day).ok_or("a day that the calendar has")
    }

    fn time(&mut self) -> Expected<NaiveTime> {
        const TIME: &str = "a time such as 12:00:00.000";
        let hour = self.number(2, 2).ok_or(TIME)?;
        let minute = self.takes(':').then(|| self.number(2, 2)).flatten().ok_or(TIME)?;
        let mut second = 0;
        let mut nanosecond = 0;
        if self.takes(':') {
            second = self.number(2, 2).ok_or(TIME)?;
            if self.takes('.') || self.takes(',') {
                nanosecond = self.fraction().ok_or(TIME)?;
            }
        }
        NaiveTime::from_hms_nano_opt(hour, minute, second, nanosecond).ok_or("a time that the clock has")
    }

    /// `Z`, `±h`, `±hh`, `±h:mm`, `±hh:mm` or `±hhmm`; no farther from UTC than any place on earth.
    fn offset(&mut self) -> Expected<Option<FixedOffset>> {
        const OFFSET: &str = "an offset such as +02:00 or Z";
        if self.rest.is_empty() {
            return Ok(None);
        }
        if self.takes('Z') || self.takes('z') {
            return Ok(FixedOffset::east_opt(0));
        }
        let sign = if self.takes('+') { 1 } else { self.takes('-').then_some(-1).ok_or(OFFSET)? };
        let hours = self.number(1, 2).ok_or(OFFSET)?;
        let minutes = match self.takes(':') || !self.rest.is_empty() {
            true => self.number(2, 2).ok_or(OFFSET)?,
            false => 0,
        };
        let seconds = i32::try_from(hours * 3600 + minutes * 60).map_err(|_| OFFSET)?;
        match minutes < 60 && seconds <= 14 * 3600 {
            true => Ok(FixedOffset::east_opt(sign * seconds)),
            false => Err("an offset of at most 14 hours"),
        }
    }

    fn takes(&mut self, c: char) -> bool {
        self.rest.strip_prefix(c).map(|rest| self.rest = rest).is_some()
    }

    fn digits(&mut self) -> &str {
        let end = self.rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        digits
    }

    /// A number of so many digits; of a longer run, as in `+0530`, the first `most` are taken.
    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let run = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        if run < least {
            return None;
        }
        let (digits, rest) = self.rest.split_at(run.min(most));
        self.rest = rest;
        digits.parse().ok()
    }

    /// Any number of digits; beyond nanoseconds they are dropped.
    fn fraction(&mut self) -> Option<u32> {
        let digits = self.digits();
        if digits.is_empty() {
            return None;
        }
        let nine: String = digits.chars().chain(std::iter::repeat('0')).take(9).collect();
        nine.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn utc(text: &str) -> String {
        Timestamp::new(text).moment().unwrap().utc().to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }

    /// R-111: every shape that a writer of openrosa.md 8.1 produces is read.
    #[test]
    fn every_writer_is_understood() {
        for (written, meant) in [
            ("2026-08-20T09:00:00.000+02:00", "2026-08-20T07:00:00Z"),
            ("2026-08-20T09:00:00.123Z", "2026-08-20T09:00:00.123Z"),
            ("2018-04-17T22:59:27.493-04", "2018-04-18T02:59:27.493Z"),
            ("2018-04-17T22:59:27.493+05:30", "2018-04-17T17:29:27.493Z"),
            ("2024-05-01T10:00:00.000000Z", "2024-05-01T10:00:00Z"),
            ("2024-05-01T10:00:00Z", "2024-05-01T10:00:00Z"),
            ("2024-05-01", "2024-05-01T00:00:00Z"),
            ("2024-05-01T10:00", "2024-05-01T10:00:00Z"),
            ("2011-02-14T11:00:00-5:00", "2011-02-14T16:00:00Z"),
            ("2024-05-01 10:00:00,5+0530", "2024-05-01T04:30:00.500Z"),
            (" 2024-5-1T10:00:00z\n", "2024-05-01T10:00:00Z"),
            ("987-01-02T00:00:00.000Z", "0987-01-02T00:00:00Z"),
        ] {
            assert_eq!(utc(written), meant, "{written}");
        }
    }

    #[test]
    fn what_no_writer_produces_is_refused_with_what_was_expected() {
        let message = |text: &'static str| Timestamp::new(text).moment().unwrap_err().to_string();
        insta::assert_snapshot!(message(""), @"`` is no date or date-time: a date such as 2024-05-01 expected");
        insta::assert_snapshot!(message("2024-02-30"), @"`2024-02-30` is no date or date-time: a day that the calendar has expected");
        insta::assert_snapshot!(message("2024-05-01T10"), @"`2024-05-01T10` is no date or date-time: a time such as 12:00:00.000 expected");
        insta::assert_snapshot!(message("2024-05-01T10:00:60Z"), @"`2024-05-01T10:00:60Z` is no date or date-time: a time that the clock has expected");
        insta::assert_snapshot!(message("2013-04-19T16:52:41.077 05:30"), @"`2013-04-19T16:52:41.077 05:30` is no date or date-time: an offset such as +02:00 or Z expected");
        insta::assert_snapshot!(message("2024-05-01T10:00:00+15:00"), @"`2024-05-01T10:00:00+15:00` is no date or date-time: an offset of at most 14 hours expected");
        insta::assert_snapshot!(message("2024-05-01T10:00:00Z!"), @"`2024-05-01T10:00:00Z!` is no date or date-time: nothing after the offset expected");
    }

    /// C-033: what CommCare HQ rewrites is read as it was rewritten; what it reads has a grammar of its own.
    #[test]
    fn hq_reads_what_it_rewrites_and_what_its_library_takes() {
        let instant = |text: &'static str| Timestamp::new(text).instant_to_hq().map(|at| at.to_string());
        for (written, meant) in [
            ("20260501T100000Z", "2026-05-01 10:00:00 UTC"),
            ("2026-05-01T10:00:00+14:30", "2026-04-30 19:30:00 UTC"),
            ("20260501", "2026-05-01 00:00:00 UTC"),
            ("9999-12-31T23:59:59Z", "9999-12-31 23:59:59 UTC"),
        ] {
            assert_eq!(instant(written).as_deref(), Ok(meant), "{written}");
        }
        for no in
            ["0000-05-01T10:00:00Z", "987-01-01", "9999-12-31T23:59-01", "2026-05-01T10:00z", " 2026-05-01"]
        {
            assert_eq!(
                instant(no).unwrap_err().expected,
                "a date of ISO 8601 in the years 1 to 9999",
                "{no}"
            );
        }
    }

    /// C-004: what we write ends in `Z` or `±hh:mm`, has a capital `T` and seconds.
    #[test]
    fn written_moments_have_one_shape() {
        let at = |text| DateTime::parse_from_rfc3339(text).unwrap();
        assert_eq!(
            Timestamp::from_datetime(&at("2024-05-01T12:00:00+02:00")).as_str(),
            "2024-05-01T12:00:00.000+02:00"
        );
        assert_eq!(
            Timestamp::from_datetime(&at("2024-05-01T12:00:00Z")).as_str(),
            "2024-05-01T12:00:00.000Z"
        );
    }

    /// C-024: the stable form of a date-time property is UTC with microseconds and `Z`.
    #[test]
    fn the_stable_form_is_what_hq_would_make_of_it() {
        let at = DateTime::parse_from_rfc3339("2024-05-01T12:00:00.000+02:00").unwrap();
        assert_eq!(Timestamp::stable(&at).as_str(), "2024-05-01T10:00:00.000000Z");
    }

    proptest! {
        /// R-111: writing and reading is exact to the millisecond and keeps the offset.
        #[test]
        fn written_moments_read_back_exactly(millis in -60_000_000_000_000_i64..253_402_300_000_000, quarters in -56_i32..=56) {
            let offset = FixedOffset::east_opt(quarters * 900).unwrap();
            let at = DateTime::from_timestamp_millis(millis).unwrap().with_timezone(&offset);
            let moment = Timestamp::from_datetime(&at).moment().unwrap();
            prop_assert_eq!(moment.utc(), at);
            prop_assert_eq!(moment.offset, Some(offset));
        }

        #[test]
        fn any_text_gets_an_answer(text in "\\PC{0,40}") {
            let _ = Timestamp::new(text).moment();
        }
    }
}
