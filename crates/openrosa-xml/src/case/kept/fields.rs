//! How a packed block is laid out: for each text what it is, which name it has, and how long it is.

/// What a text is. Actions come before what stands in them, and have no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    CaseId,
    DateModified,
    UserId,
    Create,
    Update,
    Close,
    Index,
    Attachment,
    Property,
    /// A link and its target; its other texts follow it.
    Link,
    CaseType,
    Relationship,
    /// A file and its content; its other texts follow it.
    File,
    Src,
    From,
    FileName,
}

const KINDS: [Kind; 16] = {
    use Kind::*;
    [
        CaseId,
        DateModified,
        UserId,
        Create,
        Update,
        Close,
        Index,
        Attachment,
        Property,
        Link,
        CaseType,
        Relationship,
        File,
        Src,
        From,
        FileName,
    ]
};

impl Kind {
    pub(super) const fn is_of_index(self) -> bool {
        matches!(self, Self::Index | Self::Link | Self::CaseType | Self::Relationship)
    }

    pub(super) const fn is_of_attachment(self) -> bool {
        matches!(self, Self::Attachment | Self::File | Self::Src | Self::From | Self::FileName)
    }
}

/// One text of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'k> {
    pub(super) kind: Kind,
    /// Of its name; nothing for what has none.
    pub(super) number: u32,
    pub(super) text: &'k str,
}

/// Appends what a text is to what stands before. Both numbers take seven bits a byte, so that mostly there are two or three
/// bytes for each text.
pub(super) fn push(fields: &mut Vec<u8>, kind: Kind, number: u32, length: usize) {
    push_number(fields, u64::from(number) << 4 | kind as u64);
    push_number(fields, length as u64);
}

fn push_number(fields: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        fields.push((number & 0x7F) as u8 | 0x80);
        number >>= 7;
    }
    fields.push(number as u8);
}

/// The texts of a packed block, in the order in which they were packed.
#[derive(Clone, Debug)]
pub(super) struct Fields<'k> {
    texts: &'k str,
    fields: &'k [u8],
}

impl<'k> Fields<'k> {
    pub(super) const fn new(texts: &'k str, fields: &'k [u8]) -> Self {
        Self { texts, fields }
    }

    fn number(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let (&byte, rest) = self.fields.split_first()?;
            self.fields = rest;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(number);
            }
            shift += 7;
        }
    }
}

impl<'k> Iterator for Fields<'k> {
    type Item = Field<'k>;

    fn next(&mut self) -> Option<Field<'k>> {
        let head = self.number()?;
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.texts.split_at_checked(length)?;
        self.texts = rest;
        Some(Field { kind: KINDS[(head & 0xF) as usize], number: (head >> 4) as u32, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_and_number_is_found_again() {
        for (at, kind) in KINDS.into_iter().enumerate() {
            assert_eq!(kind as usize, at);
        }
        for number in [0, 1, 7, 8, 127, 128, 1023, 1024, u32::MAX] {
            for length in [0, 1, 127, 128, 20_000] {
                let mut packed = Vec::new();
                push(&mut packed, Kind::FileName, number, length);
                let texts = "x".repeat(length);
                let found: Vec<_> = Fields::new(&texts, &packed).collect();
                assert_eq!((found.len(), found[0].kind), (1, Kind::FileName));
                assert_eq!((found[0].number, found[0].text.len()), (number, length));
            }
        }
    }
}
