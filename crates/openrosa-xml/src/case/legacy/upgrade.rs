//! A document whose blocks of Case XML 1.0 become 2.0.

use thiserror::Error;

use super::LeftOut;
use crate::{
    error::{ReadError, WriteError},
    instance::Instance,
    xml::encoding::declared_name,
};

/// A document in which every block of Case XML 1.0 has become one of 2.0.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Upgraded<'a> {
    /// The document; outside the blocks it is as it was, to the byte. Only where its XML declaration named another encoding,
    /// which decoding has undone, it names UTF-8 now.
    pub text: String,
    /// How many blocks there were.
    pub blocks: usize,
    /// What was left out of them, in document order.
    pub left_out: Vec<LeftOut<'a>>,
}

/// A document could not be brought to Case XML 2.0.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UpgradeError {
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A block could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Converts every block of Case XML 1.0 in a form; blocks of 2.0 stay as they are, since versions may be mixed. A block in a
/// device log is no transaction and stays too.
///
/// ```
/// use openrosa_xml::case::legacy::upgrade;
/// let form = "<f><q>1</q> <case><case_id>C</case_id><close/></case> </f>";
/// let upgraded = upgrade(form)?;
/// assert_eq!(
///     upgraded.text,
///     "<f><q>1</q> <case xmlns=\"http://commcarehq.org/case/transaction/v2\" case_id=\"C\"><close/></case> </f>"
/// );
/// # Ok::<(), openrosa_xml::case::legacy::UpgradeError>(())
/// ```
pub fn upgrade(source: &str) -> Result<Upgraded<'_>, UpgradeError> {
    let instance = Instance::read(source)?;
    let (declaration, mut copied) = declaration(source);
    let mut upgraded = Upgraded { text: declaration, blocks: 0, left_out: Vec::new() };
    for found in instance.into_legacy_cases().into_iter().filter(|found| !found.in_device_report) {
        let span = found.block.element.mark.span().expect("a block that was read has a place");
        let conversion = found.block.into_v2();
        upgraded.text.push_str(&source[copied..at(span.start)]);
        upgraded.text.push_str(&conversion.block.write()?);
        upgraded.left_out.extend(conversion.left_out);
        upgraded.blocks += 1;
        copied = at(span.end);
    }
    upgraded.text.push_str(&source[copied..]);
    Ok(upgraded)
}

/// The XML declaration as it must be for UTF-8, if that has to change, and how much of the source it replaces.
fn declaration(source: &str) -> (String, usize) {
    let another = declared_name(source.as_bytes()).filter(|name| !name.eq_ignore_ascii_case("UTF-8"));
    match (another, source.find("?>")) {
        (Some(name), Some(end)) => (source[..end].replacen(name, "UTF-8", 1), end),
        _ => (String::new(), 0),
    }
}

fn at(offset: u64) -> usize {
    usize::try_from(offset).expect("an offset in a text that is in memory")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C-050: each block has its own version, and only those of the first are converted.
    #[test]
    fn a_form_of_mixed_versions() {
        let second = "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='2'><close/></case>";
        let first = |id: &str| format!("<case><case_id>{id}</case_id><referral/></case>");
        let log = format!("<log xmlns='{}'>{}</log>", crate::ns::DEVICE_REPORT, first("4"));
        let source = format!("\u{FEFF}<f>\n<!-- é -->{}{second}<g>{}</g>{log}\n</f>", first("1"), first("3"));
        let upgraded = upgrade(&source).unwrap();
        assert_eq!((upgraded.blocks, upgraded.left_out.len()), (2, 2));
        let again = Instance::read(&upgraded.text).unwrap();
        let ids: Vec<_> = again.cases().iter().map(|found| found.block.case_id.as_deref()).collect();
        assert_eq!(ids, [Some("1"), Some("2"), Some("3")]);
        assert!(again.cases().iter().all(|found| found.block.is_v2()));
        assert!(upgraded.text.starts_with("\u{FEFF}<f>\n<!-- é --><case xmlns="));
        assert!(upgraded.text.contains(second) && upgraded.text.ends_with(&format!("{log}\n</f>")));
    }

    #[test]
    fn a_document_without_such_blocks_stays_as_it_is() {
        let source = "<?xml version='1.0'?>\n<f><case><q/></case></f>\n";
        assert_eq!(upgrade(source).unwrap().text, source);
    }

    #[test]
    fn a_declared_encoding_that_is_undone_is_no_longer_declared() {
        let case = "<case><case_id>é</case_id></case>";
        let upgraded = |declaration: &str| upgrade(&format!("{declaration}<f>{case}</f>")).unwrap().text;
        assert!(
            upgraded("<?xml version='1.0' encoding='latin1'?>")
                .starts_with("<?xml version='1.0' encoding='UTF-8'?><f><case ")
        );
        for same in ["<?xml version='1.0' encoding='utf-8'?>", "<?xml version=\"1.0\"?>", ""] {
            assert!(upgraded(same).starts_with(&format!("{same}<f><case ")), "{same}");
        }
    }
}
