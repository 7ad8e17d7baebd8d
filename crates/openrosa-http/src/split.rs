//! How one submission becomes several POSTs under the size a server announced (openrosa.md 2.4).

use std::ops::Range;

use crate::headers::AcceptLength;
use crate::transport::Body;

/// ODK Collect's bound on the files of one POST; servers count parts as well as bytes.
const FILES_PER_POST: usize = 100;

/// One POST of a plan: the form, always whole, and some of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    files: Range<usize>,
    last: bool,
}

impl Post {
    /// The only POST of what has so many files.
    pub(crate) fn of_all(files: usize) -> Self {
        Self { files: 0..files, last: true }
    }

    /// Which of the files, by their place in the list.
    pub fn files(&self) -> Range<usize> {
        self.files.clone()
    }

    /// Whether this is the POST that completes the submission.
    pub fn is_last(&self) -> bool {
        self.last
    }
}

/// Plans by the bodies that would be sent: `body` makes one of the form and these of its files.
///
/// ODK Collect counts form and files, and not the lines of multipart between them; a server that counts the body does not take
/// what is a few hundred bytes too long (openrosa.md 2.1).
pub(crate) fn plan_bodies(
    files: usize,
    limit: AcceptLength,
    body: impl Fn(Range<usize>) -> Body,
) -> Vec<Post> {
    if files == 0 {
        return vec![Post::of_all(0)];
    }
    let length = |files| body(files).len().unwrap_or_default();
    let form = length(0..0);
    let sizes: Vec<u64> = (0..files).map(|file| length(file..file + 1).saturating_sub(form)).collect();
    plan(form, &sizes, limit)
}

/// Plans the POSTs: files stay in order, each POST takes as many as fit beside the form.
///
/// Sizes are those in a body, with the lines around. A sum equal to the limit still fits. A file that fits in no POST goes alone
/// with the form: the server may yet take it.
pub fn plan(xml: u64, files: &[u64], AcceptLength(limit): AcceptLength) -> Vec<Post> {
    let mut posts = Vec::new();
    let (mut start, mut sum) = (0, xml);
    for (index, &size) in files.iter().enumerate() {
        let full = sum.saturating_add(size) > limit || index - start == FILES_PER_POST;
        if full && index > start {
            posts.push(Post { files: start..index, last: false });
            (start, sum) = (index, xml);
        }
        sum = sum.saturating_add(size);
    }
    posts.push(Post { files: start..files.len(), last: true });
    posts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The files of each POST, as written: `0..2 2..3`.
    fn planned(xml: u64, files: &[u64], limit: u64) -> String {
        let posts = plan(xml, files, AcceptLength(limit));
        posts.iter().map(|post| format!("{:?}", post.files())).collect::<Vec<_>>().join(" ")
    }

    /// the sum of XML and files stays within the limit; equal fits.
    #[test]
    fn a_post_is_filled_to_the_brim() {
        assert_eq!(planned(10, &[], 5), "0..0");
        assert_eq!(planned(10, &[40, 50], 100), "0..2");
        assert_eq!(planned(10, &[40, 51], 100), "0..1 1..2");
        assert_eq!(planned(10, &[40, 51, 39, 1], 100), "0..1 1..3 3..4");
    }

    /// one file over the limit goes alone with the XML.
    #[test]
    fn a_file_too_large_goes_alone() {
        assert_eq!(planned(10, &[5, 500, 5, 5], 100), "0..1 1..2 2..4");
        assert_eq!(planned(10, &[500, 5], 100), "0..1 1..2");
        assert_eq!(planned(10, &[u64::MAX, u64::MAX], 0), "0..1 1..2");
    }

    #[test]
    fn a_hundred_files_are_enough_for_one_post() {
        assert_eq!(planned(1, &[0; 201], 100), "0..100 100..200 200..201");
    }

    proptest! {
        /// no file is lost, none goes twice, and each sum is within the limit.
        /// or else the POST holds one file only.
        #[test]
        fn a_plan_is_whole_and_within_the_limit(
            xml in 0_u64..200,
            files in prop::collection::vec(0_u64..300, 0..250),
            limit in 0_u64..1000,
        ) {
            let posts = plan(xml, &files, AcceptLength(limit));
            let sent: Vec<usize> = posts.iter().flat_map(Post::files).collect();
            prop_assert_eq!(sent, (0..files.len()).collect::<Vec<_>>());
            for post in &posts {
                let sum: u64 = xml + files[post.files()].iter().sum::<u64>();
                prop_assert!(sum <= limit || post.files().len() <= 1);
                prop_assert!(post.files().len() <= 100);
            }
            prop_assert_eq!(posts.iter().filter(|post| post.is_last()).count(), 1);
            prop_assert!(posts.last().is_some_and(Post::is_last));
        }
    }
}
