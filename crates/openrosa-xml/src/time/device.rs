//! Dates as the device reads them.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Utc};

/// What the device's date parser makes of a text in its own zone; `None` where it gives up.
///
/// Two of its faults are kept, since they decide what it stores (case-xml.md 1.13, both inferred from code): an offset
/// moves the time of day but never the calendar day, and `+0530` counts as 530 hours. Its zone is taken to be the same
/// all year.
pub(super) fn instant(text: &str, zone: FixedOffset) -> Option<DateTime<Utc>> {
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => {
            let date = day(date)?;
            (date, time_of_day(date, time, zone)?)
        }
        None => (day(text)?, NaiveTime::MIN),
    };
    date.and_time(time).checked_sub_offset(zone).map(|utc| utc.and_utc())
}

/// What its parser of plain dates makes of a text: the beginning of that day in its own zone.
pub(super) fn midnight(text: &str, zone: FixedOffset) -> Option<DateTime<Utc>> {
    let midnight = day(text)?.and_time(NaiveTime::MIN);
    midnight.checked_sub_offset(zone).map(|utc| utc.and_utc())
}

fn day(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    match parts.next() {
        None => NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?),
        Some(_) => None,
    }
}

/// The time of day in the device's zone.
fn time_of_day(date: NaiveDate, text: &str, zone: FixedOffset) -> Option<NaiveTime> {
    let (clock, behind) = offset(text)?;
    let time = clock_time(clock)?;
    let Some(behind) = behind else { return Some(time) };
    let utc = date.and_time(time).checked_sub_signed(behind)?;
    Some(utc.checked_add_offset(zone)?.time())
}

/// Splits the offset off; a plus anywhere goes before a minus.
fn offset(text: &str) -> Option<(&str, Option<TimeDelta>)> {
    if let Some(clock) = text.strip_suffix('Z') {
        return Some((clock, Some(TimeDelta::zero())));
    }
    let (sign, (clock, offset)) = match (text.split_once('+'), text.split_once('-')) {
        (Some(parts), _) => (1, parts),
        (None, Some(parts)) => (-1, parts),
        (None, None) => return Some((text, None)),
    };
    let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "0"));
    let (hours, minutes) = (hours.parse::<i32>().ok()?, minutes.parse::<i32>().ok()?);
    let behind = TimeDelta::minutes(sign * (i64::from(hours) * 60 + i64::from(minutes)));
    Some((clock, Some(behind)))
}

/// `hh:mm` or `hh:mm:ss.f`; what follows the digits of the seconds is not looked at.
fn clock_time(text: &str) -> Option<NaiveTime> {
    let mut parts = text.split(':');
    let (hour, minute) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let (second, millisecond) = parts.next().map_or(Some((0, 0)), seconds)?;
    match parts.next() {
        None if second < 60 => NaiveTime::from_hms_milli_opt(hour, minute, second, millisecond),
        _ => None,
    }
}

/// Seconds go through a floating-point number there, which may lose the last millisecond.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "digits and a point are no negative number, and a long one saturates and is refused"
)]
fn seconds(text: &str) -> Option<(u32, u32)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let seconds: f64 = text[..end].parse().ok()?;
    let whole = seconds as u32;
    Some((whole, (1000.0 * (seconds - f64::from(whole))) as u32))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_device_reads_dates_in_a_way_of_its_own() {
        let zone = FixedOffset::east_opt(2 * 3600).unwrap();
        for (written, meant) in [
            ("2024-05-01", Some("2024-04-30 22:00:00 UTC")),
            ("2024-05-01T10:00", Some("2024-05-01 08:00:00 UTC")),
            ("2024-05-01T10:00:00.250", Some("2024-05-01 08:00:00.250 UTC")),
            ("2024-05-01T10:00:00Z", Some("2024-05-01 10:00:00 UTC")),
            ("2024-05-01T10:00:00.000+02", Some("2024-05-01 08:00:00 UTC")),
            ("2024-05-01T10:00:00+05:30", Some("2024-05-01 04:30:00 UTC")),
            ("2024-05-01T10:00:00-04", Some("2024-05-01 14:00:00 UTC")),
            // 01:30 of the next day in the device's zone, yet the day stays the first of May.
            ("2024-05-01T23:30:00Z", Some("2024-04-30 23:30:00 UTC")),
            // 530 hours are 22 days and 2 hours; only the hours are seen.
            ("2024-05-01T10:00:00+0530", Some("2024-05-01 08:00:00 UTC")),
            ("2024-05-01 10:00:00", None),
            ("2024-05-01t10:00:00Z", None),
            ("2024-05-01T10:00:00z", Some("2024-05-01 08:00:00 UTC")),
            ("2024-05-01T10:00:60", None),
            ("2024-05-01T10", None),
            ("2024-05-01T", None),
            ("2024-02-30", None),
            ("2024-05", None),
            ("2024-05-01T10:00:00+", None),
            ("2024-05-01T10:00:00+99999999999", None),
            ("2013-04-19T16:52:41.077 05:30", None),
            ("999999-01-01", None),
        ] {
            let read = instant(written, zone).map(|at| at.to_string());
            assert_eq!(read.as_deref(), meant, "{written}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gets_an_answer(text in "[0-9]{0,6}(-[0-9]{0,2}){0,3}T?[0-9TZ:.+-]{0,24}", minutes in -840..=840) {
            let _ = instant(&text, FixedOffset::east_opt(minutes * 60).unwrap());
        }
    }
}
