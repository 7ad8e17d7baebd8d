//! A restore, made piece by piece as it is read, so that one of any size can be streamed.

use std::{fmt::Write, io};

use super::Random;

/// How much is in a restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "measurements set what they measure")]
pub struct Shape {
    /// Case blocks, with twelve properties each.
    pub cases: u64,
    /// Balances of three products each.
    pub ledgers: u64,
    /// Lookup tables.
    pub fixtures: u64,
    /// About how large each of them is.
    pub fixture_bytes: usize,
}

impl Shape {
    /// A tenth of everything but the size of a lookup table.
    #[must_use]
    pub const fn tenth(self) -> Self {
        Self {
            cases: self.cases / 10,
            ledgers: self.ledgers / 10,
            fixtures: self.fixtures.div_ceil(10),
            fixture_bytes: self.fixture_bytes,
        }
    }
}

/// The bytes of a restore: the greeting, the token, the user, the fixtures, the ledgers, the cases.
#[derive(Debug)]
pub struct Restore {
    shape: Shape,
    random: Random,
    part: Part,
    /// What was made and not yet read.
    piece: String,
    read: usize,
}

/// What is made next.
#[derive(Clone, Copy, Debug)]
enum Part {
    Head,
    /// A row of a fixture, and how many bytes of it stand before.
    Fixture(u64, usize),
    Ledger(u64),
    Case(u64),
    Tail,
    Nothing,
}

const PROPERTIES: [&str; 12] = [
    "village",
    "date_of_birth",
    "weight_kg",
    "phone_number",
    "next_visit",
    "household_head",
    "vaccinations_received",
    "last_visit_notes",
    "risk",
    "gps",
    "sex",
    "enrolled_by",
];

impl Restore {
    /// A restore of this shape; two of one shape are the same.
    #[must_use]
    pub fn new(shape: Shape) -> Self {
        let random = Random::new(shape.cases ^ (shape.fixtures << 32));
        Self { shape, random, part: Part::Head, piece: String::new(), read: 0 }
    }

    /// All of it.
    #[must_use]
    pub fn whole(shape: Shape) -> String {
        let mut restore = Self::new(shape);
        let mut whole = String::new();
        while restore.make() {
            whole.push_str(&restore.piece);
        }
        whole
    }

    /// Makes the next piece; `false` after the last.
    fn make(&mut self) -> bool {
        self.piece.clear();
        self.read = 0;
        self.part = match self.part {
            Part::Head => self.head(),
            Part::Fixture(number, _) if number == self.shape.fixtures => Part::Ledger(0),
            Part::Fixture(number, before) => self.fixture_row(number, before),
            Part::Ledger(number) if number == self.shape.ledgers => Part::Case(0),
            Part::Ledger(number) => self.ledger(number),
            Part::Case(number) if number == self.shape.cases => Part::Tail,
            Part::Case(number) => self.case(number),
            Part::Tail => {
                self.piece.push_str("</OpenRosaResponse>\n");
                Part::Nothing
            }
            Part::Nothing => return false,
        };
        true
    }

    fn head(&mut self) -> Part {
        let items = 3 + self.shape.fixtures + self.shape.ledgers + self.shape.cases;
        self.put(format_args!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <OpenRosaResponse xmlns=\"http://openrosa.org/http/response\" items=\"{items}\">\
             <message nature=\"ota_restore_success\">Successfully restored account amina!</message>\
             <Sync xmlns=\"http://commcarehq.org/sync\"><restore_id>5f3a0c</restore_id></Sync>\
             <Registration xmlns=\"http://openrosa.org/user/registration\"><username>amina</username>\
             <password>none</password><uuid>u-17</uuid><date>2024-01-31</date><user_data>\
             <data key=\"commcare_first_name\">Amina</data><data key=\"district\">Kibaha</data></user_data></Registration>"
        ));
        Part::Fixture(0, 0)
    }

    fn fixture_row(&mut self, number: u64, before: usize) -> Part {
        if before == 0 {
            self.put(format_args!(
                "<fixture id=\"item-list:facility_{number}\" user_id=\"u-17\"><facility_{number}_list>"
            ));
        }
        let (code, km) = (self.random.below(100_000), self.random.below(900));
        let kind = self.random.pick(&["dispensary", "health centre", "hospital"]);
        let name = self.random.pick(NAMES);
        self.put(format_args!(
            "<facility_{number}><code>{code}</code><name lang=\"sw\">{name} {kind}</name><km>{km}</km><open/></facility_{number}>"
        ));
        if before + self.piece.len() < self.shape.fixture_bytes {
            return Part::Fixture(number, before + self.piece.len());
        }
        self.put(format_args!("</facility_{number}_list></fixture>"));
        Part::Fixture(number + 1, 0)
    }

    fn ledger(&mut self, number: u64) -> Part {
        let (case, date) = (self.random.id(), self.random.moment());
        self.put(format_args!(
            "<balance xmlns=\"http://commcarehq.org/ledger/v1\" entity-id=\"{case}\" date=\"{date}\" section-id=\"stock\">"
        ));
        for product in 0..3 {
            let quantity = self.random.below(500);
            self.put(format_args!("<entry id=\"product-{product}\" quantity=\"{quantity}\"/>"));
        }
        self.put(format_args!("</balance>"));
        Part::Ledger(number + 1)
    }

    fn case(&mut self, number: u64) -> Part {
        let (id, modified) = (self.random.id(), self.random.moment());
        let (name, owner) = (self.random.pick(NAMES), self.random.below(40));
        self.put(format_args!(
            "<case case_id=\"{id}\" date_modified=\"{modified}\" user_id=\"user-{owner:04}\" \
             xmlns=\"http://commcarehq.org/case/transaction/v2\"><create><case_type>patient</case_type>\
             <case_name>{name}</case_name><owner_id>owner-{owner:04}</owner_id></create><update>"
        ));
        for property in PROPERTIES {
            let value = self.value(property);
            self.put(format_args!("<{property}>{value}</{property}>"));
        }
        self.put(format_args!("</update>"));
        self.links(number);
        self.put(format_args!("</case>"));
        Part::Case(number + 1)
    }

    /// No link, one, or two; a file now and then.
    fn links(&mut self, number: u64) {
        let links = number % 3;
        if links > 0 {
            self.put(format_args!("<index>"));
            // Of one relationship: readers disagree about a mixture, and a check would say so of every third case.
            let relationship = if self.random.one_in(4) { "extension" } else { "child" };
            for name in ["parent", "household"].iter().take(links as usize) {
                let target = self.random.id();
                self.put(format_args!(
                    "<{name} case_type=\"household\" relationship=\"{relationship}\">{target}</{name}>"
                ));
            }
            self.put(format_args!("</index>"));
        }
        if self.random.one_in(20) {
            self.put(format_args!(
                "<attachment><photo src=\"http://h/a/{number}.jpg\" from=\"remote\"/></attachment>"
            ));
        }
    }

    fn value(&mut self, property: &str) -> String {
        match property {
            "village" | "household_head" => self.random.pick(NAMES).to_owned(),
            "date_of_birth" | "next_visit" => self.random.moment()[..10].to_owned(),
            "weight_kg" => format!("{}.{}", self.random.below(90), self.random.below(10)),
            "phone_number" => format!("+2557{:08}", self.random.below(100_000_000)),
            "vaccinations_received" => "bcg opv0 opv1 penta1".to_owned(),
            "last_visit_notes" => self.random.pick(NOTES).to_owned(),
            "gps" => {
                format!("-6.{:07} 38.{:07} 0 0", self.random.below(10_000_000), self.random.below(10_000_000))
            }
            "enrolled_by" => self.random.id(),
            "sex" => self.random.pick(&["f", "m"]).to_owned(),
            _ => self.random.pick(&["", "low", "high"]).to_owned(),
        }
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        self.piece.write_fmt(text).expect("a string takes any text");
    }
}

impl io::Read for Restore {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() && (self.read < self.piece.len() || self.make()) {
            let unread = &self.piece.as_bytes()[self.read..];
            let length = unread.len().min(buffer.len() - filled);
            buffer[filled..filled + length].copy_from_slice(&unread[..length]);
            self.read += length;
            filled += length;
        }
        Ok(filled)
    }
}

pub(super) const NAMES: &[&str] = &[
    "Amina Juma",
    "Rehema Saidi",
    "Kibaha",
    "José Muñoz",
    "Mlandizi B",
    "Fatoumata Diallo",
    "Salma O&apos;Neill",
];

/// Mostly plain, some with a reference or beyond ASCII, some empty.
pub(super) const NOTES: &[&str] = &[
    "",
    "well, no complaints since the last visit",
    "fever for three days; referred to the health centre",
    "mother &amp; child both well",
    "temperature &lt; 37.5, weight stable",
    "asked to come back on market day",
    "alijisikia vizuri, hakuna homa",
    "paciente em boa saúde",
];

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    const SHAPE: Shape = Shape { cases: 40, ledgers: 3, fixtures: 2, fixture_bytes: 3_000 };

    #[test]
    fn a_streamed_restore_is_the_whole_one() {
        let mut streamed = String::new();
        Restore::new(SHAPE).read_to_string(&mut streamed).unwrap();
        assert_eq!(streamed, Restore::whole(SHAPE));
    }

    #[test]
    fn it_holds_what_the_shape_says() {
        use openrosa_xml::restore::{RestoreItem, RestoreReader};
        let whole = Restore::whole(SHAPE);
        let (mut cases, mut fixtures, mut others) = (0, 0, 0);
        for item in RestoreReader::new(whole.as_bytes()) {
            match item.unwrap().value {
                RestoreItem::Case(block) => {
                    cases += 1;
                    assert_eq!(block.update().unwrap().properties.len(), 12);
                }
                RestoreItem::Fixture(fixture) => {
                    fixtures += 1;
                    assert!((2_900..3_200).contains(&fixture.contents.len()));
                }
                _ => others += 1,
            }
        }
        assert_eq!((cases, fixtures, others), (40, 2, 3 + 3));
    }

    #[test]
    fn the_full_one_is_as_large_as_the_targets_say() {
        let part = Shape { cases: 1_000, ledgers: 50, fixtures: 0, fixture_bytes: 0 };
        let full = super::super::Scale::Full.restore();
        let cases = Restore::whole(part).len() as u64 * full.cases / part.cases;
        let fixtures = full.fixtures * full.fixture_bytes as u64;
        assert!((112..124).contains(&((cases + fixtures) / 1_000_000)), "{cases} + {fixtures}");
    }
}
