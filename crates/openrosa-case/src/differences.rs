//! Where the device and CommCare HQ part, each place under a name.

use std::fmt;

/// One rule on which the two differ. What is decided before a block reaches the state is in `openrosa_xml::case::understood`,
/// the rest in the module `rules`; nothing else looks at the profile.
///
/// ```
/// use openrosa_case::Difference;
/// let rule = Difference::LastModified;
/// assert_eq!((rule.section(), rule.statement()), ("4.1", Some("C-070")));
/// assert_eq!(
///     rule.to_string(),
///     "a block that is dated before an earlier one: to the device its date is the last modification; to CommCare HQ the \
///      latest date of all stays"
/// );
/// ```
///
/// *Spec:* case-xml.md 1, 4.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Difference {
    /// An update or close of a case that is not known (case-xml.md 4.1).
    UnknownCase,
    /// A block without an action (case-xml.md 4.1).
    EmptyBlock,
    /// The order of the actions in a block (case-xml.md 1.3).
    ActionOrder,
    /// The order of the blocks of a form (case-xml.md 4.3).
    BlockOrder,
    /// A block that is dated before an earlier one (case-xml.md 4.1).
    LastModified,
    /// An owner that is empty after a block (case-xml.md 4.2).
    OwnerRefilled,
    /// A create without an owner (case-xml.md 1.4).
    OwnerNeeded,
    /// A create without a type or a name (case-xml.md 1.4).
    CreateComplete,
    /// Another child of create (case-xml.md 1.6).
    CreateExtras,
    /// A block without a user (case-xml.md 1.2).
    FormUser,
    /// The property `name` (case-xml.md 1.6).
    NameProperty,
    /// The property `hq_user_id` (case-xml.md 1.6).
    HqUserId,
    /// The property `location_id` (case-xml.md 1.6).
    LocationId,
    /// The properties `category` and `state` (case-xml.md 1.6).
    CategoryAndState,
    /// The properties `userid` and `user_id` (case-xml.md 1.6).
    UserIdProperty,
    /// The properties `case_id`, `date_modified` and `last_modified` (case-xml.md 1.6).
    ShadowedProperty,
    /// `date_opened` with a time in it, or unreadable (case-xml.md 1.13).
    DateOpened,
    /// A date or time without an offset, or whose offset crosses midnight (case-xml.md 1.13).
    DateZone,
    /// A fraction of a second in a date (case-xml.md 1.13). Two readings of one date are less than two milliseconds apart by it.
    SecondFraction,
    /// White space around a text (case-xml.md 1.10).
    SurroundingSpace,
    /// A date-time in a text (case-xml.md 8.4).
    DateTimeText,
    /// A property with attributes or elements (case-xml.md 1.10).
    StructuredProperty,
    /// A property with a meaning of its own that stands twice (case-xml.md 1.11).
    KnownTwice,
    /// A link without `case_type` (case-xml.md 1.8).
    IndexUntyped,
    /// A link that stands twice in a block (case-xml.md 1.8).
    IndexTwice,
    /// A `relationship` that is empty or another word (case-xml.md 1.8).
    Relationship,
    /// A link from a case to itself (case-xml.md 1.8).
    SelfIndex,
    /// A link to a case that is not known (case-xml.md 1.8).
    MissingTarget,
    /// A case of another project (case-xml.md 4.6).
    ForeignDomain,
    /// A block that is called `Case` (case-xml.md 1.1).
    BlockName,
    /// An action with a capital letter in its name (case-xml.md 1.1).
    ActionName,
    /// A block in no namespace of its own, or in another (case-xml.md 1.1).
    BlockNamespace,
    /// A block of Case XML 1.0 (case-xml.md 2).
    LegacyBlock,
    /// A referral (case-xml.md 2).
    Referral,
    /// A block or an unknown element inside a block, or any inside its close (case-xml.md 1.11).
    InnerBlock,
    /// An action that stands twice in a block (case-xml.md 1.3).
    DoubledAction,
    /// An action without anything in it (case-xml.md 1.3).
    BareAction,
    /// Text directly inside a block (case-xml.md 1.10).
    LooseText,
    /// A block with a date that is missing or unreadable (case-xml.md 1.2).
    DateModified,
    /// A block without a case id (case-xml.md 1.2).
    CaseIdMissing,
    /// A block inside a device log (case-xml.md 1.12).
    DeviceReport,
    /// A form without a namespace (case-xml.md 7).
    FormNamespace,
    /// A close of a case that is closed (case-xml.md 1.7).
    ClosedOn,
    /// A form id that comes again (case-xml.md 4.4).
    FormAgain,
    /// A long text (case-xml.md 1.14).
    TextLength,
    /// An attachment (case-xml.md 1.9).
    Attachments,
    /// A ledger block without a date (case-xml.md 3.2).
    LedgerDate,
    /// A quantity that is no whole number (case-xml.md 3.2).
    LedgerQuantity,
    /// Stock of a case that is not known (case-xml.md 3.2).
    LedgerCase,
    /// An entry without a product (case-xml.md 3.2).
    LedgerEntry,
    /// A transfer from or to the empty id (case-xml.md 3.2).
    LedgerEnds,
    /// Ledger blocks among case blocks (case-xml.md 3.2). No state shows it: a device counts stock of cases that it does
    /// not know, so there its order with case blocks decides nothing.
    LedgerOrder,
    /// A ledger block inside a case block (case-xml.md 1.11).
    LedgerInCase,
    /// A ledger block whose section is empty (case-xml.md 3.2).
    LedgerSection,
    /// A transfer from a case to itself (case-xml.md 3.2).
    LedgerSameEnds,
    /// Stock that grows or shrinks beyond a whole number of 32 bits (case-xml.md 3.2).
    LedgerWraps,
    /// Another element in the ledger namespace (case-xml.md 3.2).
    LedgerElement,
    /// A ledger block that is called `Balance` or `Transfer` (case-xml.md 3.2).
    LedgerName,
}

/// What is known of a difference.
struct Item {
    section: &'static str,
    statement: &'static str,
    input: &'static str,
    device: &'static str,
    hq: &'static str,
}

impl Difference {
    /// All of them, in the order of the digest as far as there is one.
    pub const ALL: &[Self] = &[
        Self::UnknownCase,
        Self::EmptyBlock,
        Self::ActionOrder,
        Self::BlockOrder,
        Self::LastModified,
        Self::OwnerRefilled,
        Self::OwnerNeeded,
        Self::CreateComplete,
        Self::CreateExtras,
        Self::FormUser,
        Self::NameProperty,
        Self::HqUserId,
        Self::LocationId,
        Self::CategoryAndState,
        Self::UserIdProperty,
        Self::ShadowedProperty,
        Self::DateOpened,
        Self::DateZone,
        Self::SecondFraction,
        Self::SurroundingSpace,
        Self::DateTimeText,
        Self::StructuredProperty,
        Self::KnownTwice,
        Self::IndexUntyped,
        Self::IndexTwice,
        Self::Relationship,
        Self::SelfIndex,
        Self::MissingTarget,
        Self::ForeignDomain,
        Self::BlockName,
        Self::ActionName,
        Self::BlockNamespace,
        Self::LegacyBlock,
        Self::Referral,
        Self::InnerBlock,
        Self::DoubledAction,
        Self::BareAction,
        Self::LooseText,
        Self::DateModified,
        Self::CaseIdMissing,
        Self::DeviceReport,
        Self::FormNamespace,
        Self::ClosedOn,
        Self::FormAgain,
        Self::TextLength,
        Self::Attachments,
        Self::LedgerDate,
        Self::LedgerQuantity,
        Self::LedgerCase,
        Self::LedgerEntry,
        Self::LedgerEnds,
        Self::LedgerOrder,
        Self::LedgerInCase,
        Self::LedgerSection,
        Self::LedgerSameEnds,
        Self::LedgerWraps,
        Self::LedgerElement,
        Self::LedgerName,
    ];

    /// The section of the digest of Case XML that has the evidence.
    #[must_use]
    pub const fn section(self) -> &'static str {
        self.item().section
    }

    /// The numbered statement that is nearest, if there is one.
    #[must_use]
    pub fn statement(self) -> Option<&'static str> {
        Some(self.item().statement).filter(|statement| !statement.is_empty())
    }

    /// The input on which they differ.
    #[must_use]
    pub const fn input(self) -> &'static str {
        self.item().input
    }

    /// What the device makes of it.
    #[must_use]
    pub const fn device(self) -> &'static str {
        self.item().device
    }

    /// What CommCare HQ makes of it.
    #[must_use]
    pub const fn hq(self) -> &'static str {
        self.item().hq
    }

    const fn item(self) -> &'static Item {
        match self {
            Self::UnknownCase => &Item {
                section: "4.1",
                statement: "C-065",
                input: "an update or close of a case that is not known",
                device: "an error",
                hq: "the case is created",
            },
            Self::EmptyBlock => &Item {
                section: "4.1",
                statement: "C-066",
                input: "a block without an action",
                device: "touches nothing, not even the date",
                hq: "touches the case, and creates it if need be",
            },
            Self::ActionOrder => &Item {
                section: "1.3",
                statement: "C-063",
                input: "the order of the actions in a block",
                device: "as they stand",
                hq: "create, update, close, index, attachment",
            },
            Self::BlockOrder => &Item {
                section: "4.3",
                statement: "C-064",
                input: "the order of the blocks of a form",
                device: "as they stand",
                hq: "by case id, then by the first kind of action in them",
            },
            Self::LastModified => &Item {
                section: "4.1",
                statement: "C-070",
                input: "a block that is dated before an earlier one",
                device: "its date is the last modification",
                hq: "the latest date of all stays",
            },
            Self::OwnerRefilled => &Item {
                section: "4.2",
                statement: "C-072",
                input: "an owner that is empty after a block",
                device: "stays empty",
                hq: "becomes the user",
            },
            Self::OwnerNeeded => &Item {
                section: "1.4",
                statement: "C-043",
                input: "a create without an owner",
                device: "the `user_id` of the block becomes the owner; without one it is an error",
                hq: "a case that has an owner keeps it; the user becomes the owner of one that has none",
            },
            Self::CreateComplete => &Item {
                section: "1.4",
                statement: "C-042",
                input: "a create without a type or a name",
                device: "an error",
                hq: "the case has none",
            },
            Self::CreateExtras => &Item {
                section: "1.6",
                statement: "C-041",
                input: "another child of create",
                device: "an error",
                hq: "`external_id`, `user_id` and `date_opened` are taken, others dropped",
            },
            Self::FormUser => &Item {
                section: "1.2",
                statement: "C-035",
                input: "a block without a user",
                device: "nobody has acted",
                hq: "the user of the form has",
            },
            Self::NameProperty => &Item {
                section: "1.6",
                statement: "C-075",
                input: "the property `name`",
                device: "a property",
                hq: "the name of the case",
            },
            Self::HqUserId => &Item {
                section: "1.6",
                statement: "C-075",
                input: "the property `hq_user_id`",
                device: "a property",
                hq: "a property, and the external id",
            },
            Self::LocationId => &Item {
                section: "1.6",
                statement: "C-075",
                input: "the property `location_id`",
                device: "a property",
                hq: "a column of its own",
            },
            Self::CategoryAndState => &Item {
                section: "1.6",
                statement: "C-076",
                input: "the properties `category` and `state`",
                device: "fields, for which others stand in",
                hq: "properties",
            },
            Self::UserIdProperty => &Item {
                section: "1.6",
                statement: "",
                input: "the properties `userid` and `user_id`",
                device: "`userid` is the owner, `user_id` a property",
                hq: "`userid` is a property, `user_id` says who modified the case",
            },
            Self::ShadowedProperty => &Item {
                section: "1.6",
                statement: "",
                input: "the properties `case_id`, `date_modified` and `last_modified`",
                device: "the first two are kept, the last is overwritten",
                hq: "the first two are dropped, the last is kept",
            },
            Self::DateOpened => &Item {
                section: "1.13",
                statement: "C-074",
                input: "`date_opened` with a time in it, or unreadable",
                device: "the case has no such date any more",
                hq: "a time is taken, another text is an error",
            },
            Self::DateZone => &Item {
                section: "1.13",
                statement: "C-034",
                input: "a date or time without an offset, or whose offset crosses midnight",
                device: "is in its own zone, and an offset moves the hour only",
                hq: "is UTC, and an offset moves the day too",
            },
            Self::SecondFraction => &Item {
                section: "1.13",
                statement: "",
                input: "a fraction of a second in a date",
                device: "is cut to milliseconds, of which the last may be one less than written",
                hq: "is kept to the microsecond",
            },
            Self::SurroundingSpace => &Item {
                section: "1.10",
                statement: "C-036",
                input: "white space around a text",
                device: "is taken off",
                hq: "is kept",
            },
            Self::DateTimeText => &Item {
                section: "8.4",
                statement: "C-114",
                input: "a date-time in a text",
                device: "is kept as written",
                hq: "is rewritten to UTC with microseconds",
            },
            Self::StructuredProperty => &Item {
                section: "1.10",
                statement: "C-037",
                input: "a property with attributes or elements",
                device: "attributes are ignored, elements are an error",
                hq: "becomes an object",
            },
            Self::KnownTwice => &Item {
                section: "1.11",
                statement: "",
                input: "a property with a meaning of its own that stands twice in an action",
                device: "the last counts",
                hq: "a list of them reaches the field, and what comes of it is not defined",
            },
            Self::IndexUntyped => &Item {
                section: "1.8",
                statement: "C-046",
                input: "a link without `case_type`",
                device: "can be removed, and not be stored",
                hq: "an error, whatever it does",
            },
            Self::IndexTwice => &Item {
                section: "1.8",
                statement: "",
                input: "a link that stands twice in a block",
                device: "the last counts",
                hq: "an error",
            },
            Self::Relationship => &Item {
                section: "1.8",
                statement: "C-045",
                input: "a `relationship` that is empty or another word",
                device: "the empty one is an error, another word is kept",
                hq: "the empty one is child, another word an error",
            },
            Self::SelfIndex => &Item {
                section: "1.8",
                statement: "C-055",
                input: "a link from a case to itself",
                device: "an error",
                hq: "is taken",
            },
            Self::MissingTarget => &Item {
                section: "1.8",
                statement: "C-056",
                input: "a link to a case that is not known",
                device: "is taken, until the next purge",
                hq: "an error",
            },
            Self::ForeignDomain => &Item {
                section: "4.6",
                statement: "C-060",
                input: "a case of another project",
                device: "there are no projects",
                hq: "an error",
            },
            Self::BlockName => &Item {
                section: "1.1",
                statement: "C-054",
                input: "a block with a capital letter in its name",
                device: "is one",
                hq: "is none",
            },
            Self::ActionName => &Item {
                section: "1.1",
                statement: "C-120",
                input: "an action with a capital letter in its name",
                device: "is one",
                hq: "is none",
            },
            Self::BlockNamespace => &Item {
                section: "1.1",
                statement: "C-049",
                input: "a block in no namespace of its own, or in another",
                device: "is read all the same",
                hq: "is Case XML 1.0, or an error",
            },
            Self::LegacyBlock => &Item {
                section: "2",
                statement: "C-048",
                input: "a block of Case XML 1.0",
                device: "an error",
                hq: "an error of another kind",
            },
            Self::Referral => &Item {
                section: "2",
                statement: "C-059",
                input: "a referral",
                device: "is no action",
                hq: "an error",
            },
            Self::InnerBlock => &Item {
                section: "1.11",
                statement: "C-027",
                input: "a block or an unknown element inside a block, or any inside its close",
                device: "what is inside counts",
                hq: "is ignored",
            },
            Self::DoubledAction => &Item {
                section: "1.3",
                statement: "C-039",
                input: "an action that stands twice in a block",
                device: "both count",
                hq: "neither does",
            },
            Self::BareAction => &Item {
                section: "1.3",
                statement: "C-040",
                input: "an action without anything in it",
                device: "is one",
                hq: "is none, but for close",
            },
            Self::LooseText => &Item {
                section: "1.10",
                statement: "",
                input: "text directly inside a block",
                device: "an error",
                hq: "is ignored",
            },
            Self::DateModified => &Item {
                section: "1.2",
                statement: "C-031",
                input: "a block with a date that is missing or unreadable",
                device: "an error",
                hq: "missing, it is the present; unreadable, it is an error",
            },
            Self::CaseIdMissing => &Item {
                section: "1.2",
                statement: "C-030",
                input: "a block without a case id",
                device: "an error",
                hq: "is skipped; the empty id is an error",
            },
            Self::DeviceReport => &Item {
                section: "1.12",
                statement: "C-028",
                input: "a block inside a device log",
                device: "counts",
                hq: "is ignored",
            },
            Self::FormNamespace => &Item {
                section: "7",
                statement: "",
                input: "a form without a namespace",
                device: "is taken",
                hq: "is set aside",
            },
            Self::ClosedOn => &Item {
                section: "1.7",
                statement: "C-069",
                input: "a close of a case that is closed",
                device: "changes nothing more",
                hq: "moves the date of closing",
            },
            Self::FormAgain => &Item {
                section: "4.4",
                statement: "C-082",
                input: "a form id that comes again",
                device: "is nothing to look at, the form is applied",
                hq: "the same bytes have no effect, others take the place of the first",
            },
            Self::TextLength => &Item {
                section: "1.14",
                statement: "C-053",
                input: "a long text",
                device: "255 UTF-16 units in four fields, 65,535 bytes in any",
                hq: "255 characters in four fields, in ids and in what an index carries",
            },
            Self::Attachments => &Item {
                section: "1.9",
                statement: "",
                input: "an attachment",
                device: "is taken from a URL only",
                hq: "is taken from the files of the form, where the project has the feature",
            },
            Self::LedgerDate => &Item {
                section: "3.2",
                statement: "",
                input: "a ledger block without a date",
                device: "an error",
                hq: "is taken",
            },
            Self::LedgerQuantity => &Item {
                section: "3.2",
                statement: "C-085",
                input: "a quantity that is no whole number",
                device: "an error",
                hq: "a decimal is taken, anything else left out",
            },
            Self::LedgerCase => &Item {
                section: "3.2",
                statement: "C-086",
                input: "stock of a case that is not known",
                device: "is taken, until the next purge",
                hq: "an error",
            },
            Self::LedgerEntry => &Item {
                section: "3.2",
                statement: "C-086",
                input: "an entry without a product",
                device: "an error in one layout",
                hq: "an error",
            },
            Self::LedgerEnds => &Item {
                section: "3.2",
                statement: "",
                input: "a transfer from or to the empty id",
                device: "is taken, also from nowhere to nowhere",
                hq: "an error",
            },
            Self::LedgerOrder => &Item {
                section: "3.2",
                statement: "C-087",
                input: "ledger blocks among case blocks",
                device: "as they stand, which is as good as any order",
                hq: "after all case blocks",
            },
            Self::LedgerInCase => &Item {
                section: "1.11",
                statement: "C-051",
                input: "a ledger block inside a case block",
                device: "is ignored",
                hq: "counts",
            },
            Self::LedgerSection => &Item {
                section: "3.2",
                statement: "",
                input: "a ledger block whose `section-id` is empty",
                device: "the section of all its entries",
                hq: "none, so that each entry names its own",
            },
            Self::LedgerSameEnds => &Item {
                section: "3.2",
                statement: "C-088",
                input: "a transfer from a case to itself",
                device: "the quantity is added",
                hq: "nothing changes",
            },
            Self::LedgerWraps => &Item {
                section: "3.2",
                statement: "C-084",
                input: "stock that a transfer takes beyond a whole number of 32 bits",
                device: "wraps around to the other end, without an error",
                hq: "is counted as it is",
            },
            Self::LedgerElement => &Item {
                section: "3.2",
                statement: "",
                input: "another element in the ledger namespace",
                device: "an error",
                hq: "is ignored",
            },
            Self::LedgerName => &Item {
                section: "3.2",
                statement: "C-051",
                input: "a ledger block with a capital letter in its name",
                device: "counts",
                hq: "is ignored",
            },
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Item { input, device, hq, .. } = self.item();
        write!(f, "{input}: to the device {device}; to CommCare HQ {hq}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_is_listed_once_and_says_two_things() {
        let listed: BTreeSet<_> = Difference::ALL.iter().collect();
        assert_eq!(listed.len(), Difference::ALL.len());
        for rule in Difference::ALL {
            assert!(rule.device() != rule.hq() && !rule.section().is_empty(), "{rule}");
        }
        let inputs: BTreeSet<_> = Difference::ALL.iter().map(|rule| rule.input()).collect();
        assert_eq!(inputs.len(), Difference::ALL.len());
    }
}
