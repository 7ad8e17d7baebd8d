//! Which part of a case a name stands for.

use crate::profile::Profile;

/// A part of a case that an element sets.
///
/// The names that mean more than a property are these and no others, and the two readers do not agree on them:
///
/// ```
/// # use openrosa_xml::{Profile, case::Field};
/// assert_eq!(Field::set_by("owner_id", Profile::Device), [Field::Owner]);
/// assert_eq!(Field::set_by("userid", Profile::Device), [Field::Owner]);
/// assert_eq!(Field::set_by("userid", Profile::Hq), [Field::Property]);
/// ```
///
/// *Spec:* case-xml.md 1.6, the columns about `update`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever keeps cases has a place for each of them")]
pub enum Field {
    /// The type of the case.
    CaseType,
    /// Its name.
    Name,
    /// Who owns it.
    Owner,
    /// Its id in another system.
    ExternalId,
    /// When it was opened.
    DateOpened,
    /// A field of the device.
    Category,
    /// A field of the device.
    State,
    /// A field of CommCare HQ.
    LocationId,
    /// A field of CommCare HQ: who changed it.
    ModifiedBy,
    /// A property under the name of the element.
    Property,
}

/// Names that are fields on CommCare HQ in a `create` as well, and come before others in an `update` (case-xml.md 1.6).
pub(crate) const KNOWN_TO_HQ: [&str; 6] =
    ["case_type", "case_name", "external_id", "user_id", "owner_id", "date_opened"];

impl Field {
    /// The fields with a length of their own, in the order in which both readers look at them, under the names by which they are
    /// told (case-xml.md 1.14).
    pub const LIMITED: [(Self, &'static str); 4] = [
        (Self::CaseType, "case_type"),
        (Self::Owner, "owner_id"),
        (Self::Name, "case_name"),
        (Self::ExternalId, "external_id"),
    ];

    /// What the field is called as a value of a case; `None` where it is no value of one to both readers.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::DateOpened => Some("date_opened"),
            field => Self::LIMITED.into_iter().find(|(limited, _)| *limited == field).map(|(_, name)| name),
        }
    }

    /// What a child of `update` under this name sets to a reader: one field or two, or nothing at all.
    #[must_use]
    pub fn set_by(name: &str, reader: Profile) -> &'static [Self] {
        let (device, hq): (&[Self], &[Self]) = match name {
            "case_type" => (&[Self::CaseType], &[Self::CaseType]),
            "case_name" => (&[Self::Name], &[Self::Name]),
            "owner_id" => (&[Self::Owner], &[Self::Owner]),
            "external_id" => (&[Self::ExternalId], &[Self::ExternalId]),
            "date_opened" => (&[Self::DateOpened], &[Self::DateOpened]),
            "category" => (&[Self::Category], &[Self::Property]),
            "state" => (&[Self::State], &[Self::Property]),
            "name" => (&[Self::Property], &[Self::Name]),
            "location_id" => (&[Self::Property], &[Self::LocationId]),
            "hq_user_id" => (&[Self::Property], &[Self::Property, Self::ExternalId]),
            "userid" => (&[Self::Owner], &[Self::Property]),
            "user_id" => (&[Self::Property], &[Self::ModifiedBy]),
            "case_id" | "date_modified" => (&[Self::Property], &[]),
            "last_modified" => (&[], &[Self::Property]),
            _ => (&[Self::Property], &[Self::Property]),
        };
        match reader {
            Profile::Device => device,
            Profile::Hq => hq,
        }
    }

    /// The most bytes that a text may have on the device (case-xml.md 1.14), each character counted as
    /// [`bytes_on_device`](Self::bytes_on_device) has it.
    pub const MOST_BYTES: usize = 65_535;

    /// How many bytes the device stores a character in: Java's `writeUTF` takes one outside the basic plane for two surrogates of three
    /// bytes each, and gives the zero two.
    #[must_use]
    pub const fn bytes_on_device(c: char) -> usize {
        match (c, c.len_utf8()) {
            ('\0', _) => 2,
            (_, 4) => 6,
            (_, bytes) => bytes,
        }
    }

    /// The bytes of a text, if they are more than a reader can store of any: a name, an id, a link, the value of a property.
    /// CommCare HQ stores as much as there is.
    ///
    /// ```
    /// # use openrosa_xml::{Profile, case::Field};
    /// let text = "é".repeat(32_768);
    /// assert_eq!(Field::too_large(&text, Profile::Device), Some(65_536));
    /// assert_eq!(Field::too_large(&text, Profile::Hq), None);
    /// ```
    #[must_use]
    pub fn too_large(text: &str, reader: Profile) -> Option<usize> {
        // No character takes more than twice its bytes there.
        if reader == Profile::Hq || text.len() <= Self::MOST_BYTES / 2 {
            return None;
        }
        let bytes = text.chars().map(Self::bytes_on_device).sum();
        (bytes > Self::MOST_BYTES).then_some(bytes)
    }

    /// The length of a text, if it is longer than a [field of limited length](Self::LIMITED) takes: 255 UTF-16 units on the device,
    /// 255 characters on CommCare HQ, whose columns for the ids of cases and of places and for what links carry hold as many.
    #[must_use]
    pub fn too_long(text: &str, reader: Profile) -> Option<usize> {
        const LONGEST: usize = 255;
        // No text has more of either than bytes.
        let length = match reader {
            _ if text.len() <= LONGEST => return None,
            Profile::Device => text.encode_utf16().count(),
            Profile::Hq => text.chars().count(),
        };
        (length > LONGEST).then_some(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two columns about `update` of the table of case-xml.md 1.6.
    #[test]
    fn an_update_puts_each_name_where_its_side_does() {
        use Field as F;
        for (name, by_device, by_hq) in [
            ("case_type", &[F::CaseType][..], &[F::CaseType][..]),
            ("case_name", &[F::Name], &[F::Name]),
            ("owner_id", &[F::Owner], &[F::Owner]),
            ("external_id", &[F::ExternalId], &[F::ExternalId]),
            ("user_id", &[F::Property], &[F::ModifiedBy]),
            ("date_opened", &[F::DateOpened], &[F::DateOpened]),
            ("category", &[F::Category], &[F::Property]),
            ("state", &[F::State], &[F::Property]),
            ("patient_type", &[F::Property], &[F::Property]),
            ("current_status", &[F::Property], &[F::Property]),
            ("location_id", &[F::Property], &[F::LocationId]),
            ("hq_user_id", &[F::Property], &[F::Property, F::ExternalId]),
            ("name", &[F::Property], &[F::Name]),
            ("case_id", &[F::Property], &[]),
            ("date_modified", &[F::Property], &[]),
            ("userid", &[F::Owner], &[F::Property]),
            ("last_modified", &[], &[F::Property]),
            ("type", &[F::Property], &[F::Property]),
            ("closed", &[F::Property], &[F::Property]),
            ("village", &[F::Property], &[F::Property]),
        ] {
            assert_eq!(Field::set_by(name, Profile::Device), by_device, "{name}");
            assert_eq!(Field::set_by(name, Profile::Hq), by_hq, "{name}");
        }
    }

    /// C-017: 255 at most, each reader counting in its own way.
    #[test]
    fn a_field_takes_as_much_as_its_reader_counts() {
        let by_both = |text: &str| [Profile::Device, Profile::Hq].map(|reader| Field::too_long(text, reader));
        assert_eq!(by_both(&"é".repeat(255)), [None, None]);
        assert_eq!(by_both(&"é".repeat(256)), [Some(256), Some(256)]);
        assert_eq!(by_both(&"😀".repeat(128)), [Some(256), None]);
    }

    /// C-018: 65,535 bytes of modified UTF-8 at most, on the device.
    #[test]
    fn the_device_stores_so_many_bytes_of_a_text() {
        let by_both =
            |text: &str| [Profile::Device, Profile::Hq].map(|reader| Field::too_large(text, reader));
        for (longest, one_more) in [
            ("x".repeat(65_535), "x"),
            ("é".repeat(32_767) + "x", "x"),
            ("\u{915}".repeat(21_845), "x"),
            ("😀".repeat(10_922) + "xxx", "x"),
            ("x".repeat(65_533) + "\0", "x"),
        ] {
            assert_eq!(by_both(&longest), [None, None]);
            assert_eq!(by_both(&(longest + one_more)), [Some(65_536), None]);
        }
    }
}
