//! What a rule is about, as its code begins.

use super::rule::Rule;

/// Those of more than one word; of every other code the first word is the folder.
const OF_TWO_WORDS: [&str; 4] = ["blank-form", "form-list", "encrypted-form", "device-report"];

impl Rule {
    /// What the rule is about: the first word of its code, or the first two where they are one thing.
    ///
    /// ```
    /// # use openrosa_xml::check;
    /// assert_eq!(check::rule("case-self-index").unwrap().folder(), "case");
    /// ```
    #[must_use]
    pub fn folder(&self) -> &'static str {
        let word = self.code.split_once('-').map_or(self.code, |(word, _)| word);
        let two = OF_TWO_WORDS
            .iter()
            .find(|two| self.code.strip_prefix(*two).is_some_and(|rest| rest.starts_with('-')));
        two.copied().unwrap_or(word)
    }
}
