//! The time of a signature, in the three formats of signatures.

use time::{Duration, OffsetDateTime, UtcDateTime};

/// The texts of one second of UTC, which are formatted when the second changes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SigningTime {
    seconds: i64,
    date_time: [u8; 16],
    http_date: [u8; 29],
}

impl SigningTime {
    /// The time 1970-01-01T00:00:00Z.
    pub fn new() -> Self {
        let mut time = Self { seconds: 0, date_time: [0; 16], http_date: [0; 29] };
        time.format();
        time
    }

    /// Sets the time to `seconds` since 1970-01-01T00:00:00Z. A time before the year 0 or after
    /// 9999 is replaced by the nearest one of these; S3 rejects both.
    pub fn set(&mut self, seconds: i64) {
        if self.seconds != seconds {
            self.seconds = seconds;
            self.format();
        }
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub fn seconds(&self) -> i64 {
        self.seconds
    }

    /// `20130524T000000Z`, the format of `X-Amz-Date` in Signature V4.
    pub fn date_time(&self) -> &[u8; 16] {
        &self.date_time
    }

    /// `20130524`, the date of the credential scope.
    pub fn date(&self) -> &[u8; 8] {
        self.date_time.first_chunk().expect("16 bytes have a first 8")
    }

    /// `Fri, 24 May 2013 00:00:00 GMT`, the format of `x-amz-date` in Signature V2.
    pub fn http_date(&self) -> &[u8; 29] {
        &self.http_date
    }

    fn format(&mut self) {
        const DAYS: [&[u8; 3]; 7] = [b"Sun", b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat"];
        const MONTHS: [&[u8; 3]; 12] = [
            b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
            b"Dec",
        ];
        let at =
            OffsetDateTime::UNIX_EPOCH.saturating_add(Duration::seconds(self.seconds)).to_utc();
        let at = at.max(UtcDateTime::new(
            time::Date::from_ordinal_date(0, 1).expect("year 0 is a year"),
            time::Time::MIDNIGHT,
        ));
        let year = at.year().unsigned_abs();
        let month = u8::from(at.month());

        let t = &mut self.date_time;
        t.copy_from_slice(b"YYYYMMDDThhmmssZ");
        digits(&mut t[0..4], year);
        digits(&mut t[4..6], month.into());
        digits(&mut t[6..8], at.day().into());
        digits(&mut t[9..11], at.hour().into());
        digits(&mut t[11..13], at.minute().into());
        digits(&mut t[13..15], at.second().into());

        let t = &mut self.http_date;
        t.copy_from_slice(b"Day, DD Mon YYYY hh:mm:ss GMT");
        t[0..3].copy_from_slice(DAYS[usize::from(at.weekday().number_days_from_sunday())]);
        digits(&mut t[5..7], at.day().into());
        t[8..11].copy_from_slice(MONTHS[usize::from(month - 1)]);
        digits(&mut t[12..16], year);
        digits(&mut t[17..19], at.hour().into());
        digits(&mut t[20..22], at.minute().into());
        digits(&mut t[23..25], at.second().into());
    }
}

/// Fills `out` with the last decimal digits of `number`.
fn digits(out: &mut [u8], mut number: u32) {
    for digit in out.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Writes `number` in decimal.
pub(crate) fn decimal(number: i64, out: &mut Vec<u8>) {
    use std::io::Write;
    write!(out, "{number}").expect("writing to memory cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(seconds: i64) -> (String, String) {
        let mut time = SigningTime::new();
        time.set(seconds);
        (
            String::from_utf8(time.date_time().into()).unwrap(),
            String::from_utf8(time.http_date().into()).unwrap(),
        )
    }

    #[test]
    fn known_moments() {
        for (seconds, date_time, http_date) in [
            (0, "19700101T000000Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            (1_369_353_600, "20130524T000000Z", "Fri, 24 May 2013 00:00:00 GMT"),
            (1_709_251_199, "20240229T235959Z", "Thu, 29 Feb 2024 23:59:59 GMT"),
            (4_102_444_800, "21000101T000000Z", "Fri, 01 Jan 2100 00:00:00 GMT"),
        ] {
            assert_eq!(texts(seconds), (date_time.into(), http_date.into()));
        }
    }

    #[test]
    fn the_second_changes_the_day() {
        let mut time = SigningTime::new();
        time.set(1_369_353_599);
        assert_eq!(time.date(), b"20130523");
        time.set(1_369_353_600);
        assert_eq!(time.date(), b"20130524");
    }

    #[test]
    fn absurd_clocks_do_not_panic() {
        for seconds in [i64::MIN, -1, i64::MAX] {
            let mut time = SigningTime::new();
            time.set(seconds);
            assert_eq!(time.date_time().len(), 16);
        }
    }
}
