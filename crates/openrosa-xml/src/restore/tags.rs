//! Whether an item that was cut is whole by now: its tags are counted, which takes a small part of the time of reading it.

use memchr::{memchr, memchr3, memmem};

/// How far the tags of an item have been counted, from where it begins.
///
/// It believes what it sees. What is not well-formed may seem whole too early or never, so whoever reads has the last word and
/// looks from time to time whatever this says.
#[derive(Debug, Default)]
pub(super) struct Tags {
    at: usize,
    depth: usize,
    inside: Inside,
}

#[derive(Clone, Copy, Debug, Default)]
enum Inside {
    #[default]
    Text,
    StartTag,
    EndTag,
    /// An attribute's value, up to this quote.
    Value(u8),
    /// What tags do not count in, up to this.
    Passed(&'static str),
}

/// What one step said.
enum Step {
    On,
    /// The item has ended, or what ends the items has begun.
    Whole,
    More,
}

impl Tags {
    /// Counts on in the text from where the item begins, of which there may be more than the last time.
    pub(super) fn are_whole(&mut self, text: &str) -> bool {
        let text = text.as_bytes();
        loop {
            match self.step(text) {
                Step::On => {}
                Step::Whole => return true,
                Step::More => return false,
            }
        }
    }

    fn step(&mut self, text: &[u8]) -> Step {
        let rest = text.get(self.at..).unwrap_or_default();
        match self.inside {
            Inside::Text => self.markup(rest),
            Inside::StartTag => self.start_tag(text, rest),
            Inside::EndTag => self.up_to(memchr(b'>', rest), rest, Self::closed),
            Inside::Value(quote) => self.up_to(memchr(quote, rest), rest, |tags| tags.on(Inside::StartTag)),
            Inside::Passed(end) => self.passed(rest, end),
        }
    }

    /// Goes on after what was searched for, or to the end of what is there.
    fn up_to(&mut self, found: Option<usize>, rest: &[u8], then: impl FnOnce(&mut Self) -> Step) -> Step {
        self.at += found.map_or(rest.len(), |found| found + 1);
        if found.is_some() { then(self) } else { Step::More }
    }

    const fn on(&mut self, inside: Inside) -> Step {
        self.inside = inside;
        Step::On
    }

    fn markup(&mut self, rest: &[u8]) -> Step {
        let Some(found) = memchr(b'<', rest) else {
            self.at += rest.len();
            return Step::More;
        };
        self.at += found;
        let markup = &rest[found..];
        for (start, end) in [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")] {
            if markup.starts_with(start.as_bytes()) {
                self.at += start.len();
                return self.on(Inside::Passed(end));
            }
            if start.as_bytes().starts_with(markup) {
                return Step::More;
            }
        }
        self.at += 1;
        match markup[1] {
            b'/' if self.depth == 0 => Step::Whole,
            b'/' => self.on(Inside::EndTag),
            // Nothing of this kind may stand here, which reading will say.
            b'!' => Step::Whole,
            _ => self.on(Inside::StartTag),
        }
    }

    fn start_tag(&mut self, text: &[u8], rest: &[u8]) -> Step {
        let found = memchr3(b'>', b'"', b'\'', rest);
        self.up_to(found, rest, |tags| match text[tags.at - 1] {
            b'>' => {
                tags.depth += 1;
                if text[tags.at - 2] == b'/' { tags.closed() } else { tags.on(Inside::Text) }
            }
            quote => tags.on(Inside::Value(quote)),
        })
    }

    fn closed(&mut self) -> Step {
        self.depth -= 1;
        if self.depth == 0 { Step::Whole } else { self.on(Inside::Text) }
    }

    fn passed(&mut self, rest: &[u8], end: &'static str) -> Step {
        if let Some(found) = memmem::find(rest, end.as_bytes()) {
            self.at += found + end.len();
            return self.on(Inside::Text);
        }
        // The end may have begun.
        self.at += rest.len().saturating_sub(end.len() - 1);
        Step::More
    }
}

#[cfg(test)]
mod tests {
    use super::Tags;

    /// Wherever it is cut, an item seems whole with its last byte and not before.
    #[test]
    fn an_item_is_whole_with_its_last_byte() {
        for item in [
            "<case/>",
            "<case case_id='>'/>",
            "<case a=\"'/>\" b='\"'></case>",
            "<case><a/><b>1</b></case>",
            "<case><!-- </case> --></case>",
            "<case><!-- -- > ->--></case>",
            "<case><![CDATA[</case>]]]></case>",
            "<case><?x </case>? >?></case>",
            "<case>]]&gt;é<a>></a ></case >",
            "\n <!-- <x> --> <?y?> text <case><case></case></case>",
        ] {
            for from in 0..item.len() {
                let mut tags = Tags::default();
                for to in (from..item.len()).filter(|&to| item.is_char_boundary(to)) {
                    assert!(!tags.are_whole(&item[..to]), "{}", &item[..to]);
                }
                assert!(tags.are_whole(&format!("{item}<case>")), "{item}");
            }
        }
    }

    #[test]
    fn the_end_of_the_items_is_worth_a_look() {
        for end in ["</r>", " </r", "</"] {
            assert!(Tags::default().are_whole(end), "{end}");
        }
        assert!(Tags::default().are_whole("<!DOCTYPE a"));
        for more in ["", " ", "<", "<!", "<!-", "<![CDAT"] {
            assert!(!Tags::default().are_whole(more), "{more}");
        }
    }
}
