//! Putting right what can be put right with certainty.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use openrosa_xml::{
    check::{self, Fix, Options},
    xml::encode_like,
};

use super::{
    checked::{restore_in_utf8, text_of},
    judge::Judge,
};
use crate::{
    durable::sync_folder,
    exit::Failure,
    fleeting::Fleeting,
    folder::parent,
    input::{Input, is_dash},
    page::{ERROR, LABEL, RIGHT, TITLE, escaped, typed_path},
    terminal::print_bytes,
};

/// A fix may lay open the next finding, but not for ever.
const ROUNDS: usize = 50;

/// A document larger than this is not put right: it is in memory several times over, as it was, as it becomes, and while the two
/// are compared.
const LARGEST: u64 = 64 << 20;

/// A document that may be put right.
pub(super) fn open(path: &Path) -> Result<Input, Failure> {
    let too_large = "leave out --fix: restores of any size are checked without it";
    Input::open(path)?.up_to(LARGEST).map_err(|failure| failure.remedy(too_large))
}

/// What became of a document.
#[derive(Default)]
pub(super) struct Mended {
    /// The document put right; `None` when nothing is to be changed.
    pub(super) bytes: Option<Vec<u8>>,
    /// How many findings are gone by it.
    pub(super) made: usize,
    /// What was changed, for a person.
    pub(super) diff: String,
}

/// Makes all fixes that are certain, in as many rounds as it takes. A document that cannot be read has none.
pub(super) fn mend(input: &Input, options: &Options<'_>, judge: &Judge) -> Result<Mended, Failure> {
    let Ok(original) = text_of(&input.bytes) else { return Ok(Mended::default()) };
    let mut made = 0;
    let mut text = original.to_string();
    for _ in 0..ROUNDS {
        let fixes = fixes(&text, options, judge);
        let mended = check::apply(&text, &fixes);
        if mended == text {
            break;
        }
        made += fixes.len();
        text = mended;
    }
    if text == *original {
        return Ok(Mended::default());
    }
    let bytes = rewritten(input, &original, &text)?;
    Ok(Mended { bytes: Some(bytes), made, diff: diff(input.title(), &original, &text) })
}

fn fixes(text: &str, options: &Options<'_>, judge: &Judge) -> Vec<Fix> {
    let findings = check::document(text, options).into_findings();
    findings.into_iter().filter(|finding| !judge.allows(finding)).filter_map(|finding| finding.fix).collect()
}

/// The new text in the bytes of the old. An encoding that does not give the old bytes back would change what nobody asked
/// to have changed.
fn rewritten(input: &Input, original: &str, text: &str) -> Result<Vec<u8>, Failure> {
    if restore_in_utf8(&input.bytes).is_some() {
        return Ok(text.as_bytes().to_vec());
    }
    let same = encode_like(original, &input.bytes).is_some_and(|bytes| bytes == input.bytes);
    let bytes = encode_like(text, &input.bytes).filter(|_| same);
    bytes.ok_or_else(|| {
        Failure::new(format!("`{}` cannot be written back byte for byte in its encoding", input.title()))
            .remedy("save it as UTF-8 first")
    })
}

/// Takes the place of the file at once, or leaves it as it is. `-` is printed.
pub(super) fn put(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if is_dash(path) {
        print_bytes(bytes);
        return Ok(());
    }
    let written = replace(path, bytes).map_err(|error| unwritten(path, &error))?;
    sync_folder(parent(&written)).map_err(|error| Failure::new(error.to_string()))
}

/// An error from the making has a name in it that is gone.
fn unwritten(path: &Path, error: &io::Error) -> Failure {
    let reason = error.get_ref().map_or_else(|| error.to_string(), |_| error.kind().to_string());
    let failure = Failure::new(format!("cannot write `{}`, which is as it was: {reason}", path.display()));
    let printed = format!("openrosa check --fix - < {}", typed_path(path));
    failure.remedy(format!("a folder that you may write in, or {printed}, which prints it put right"))
}

/// Where it lies: a link is followed.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    // A link stays a link.
    let path = fs::canonicalize(path)?;
    let making = Fleeting::within(parent(&path))?;
    let mut file = tempfile::NamedTempFile::new_in(making.path())?;
    file.write_all(bytes)?;
    file.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(path)
}

/// What differs, with a few lines around it.
fn diff(title: &str, old: &str, new: &str) -> String {
    let title = escaped(title);
    let changes = similar::TextDiff::from_lines(old, new);
    let unified = changes.unified_diff().context_radius(2).missing_newline_hint(false).to_string();
    let mut out = format!("{TITLE}--- {title}\n+++ {title}, put right{TITLE:#}\n");
    for line in unified.lines() {
        let line = tabs_kept(line.trim_end_matches('\r'));
        let (style, line) = match line.as_bytes().first() {
            Some(b'+') => (RIGHT, line),
            Some(b'-') => (ERROR, line),
            Some(b'@') => (LABEL, line),
            _ => (anstyle::Style::new(), line),
        };
        out.push_str(&format!("{style}{line}{style:#}\n"));
    }
    out.push('\n');
    out
}

/// A tab steers nothing that matters here, and most forms are full of them.
fn tabs_kept(line: &str) -> String {
    line.split('\t').map(escaped).collect::<Vec<_>>().join("\t")
}

#[cfg(test)]
mod tests {
    use openrosa_xml::xml::decode;

    use super::*;

    fn input(bytes: &[u8]) -> Input {
        Input { name: "a.xml".to_owned(), bytes: bytes.to_vec() }
    }

    #[test]
    fn a_text_goes_back_into_the_bytes_it_came_from() {
        let utf16: Vec<u8> = "\u{FEFF}<a>é</a>\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [b"\xEF\xBB\xBF<a>\xC3\xA9</a>\r\n".to_vec(), utf16] {
            let input = input(&bytes);
            let text = decode(&bytes).unwrap();
            assert_eq!(rewritten(&input, &text, &text).unwrap(), bytes);
            let changed = rewritten(&input, &text, &text.replace('é', "è")).unwrap();
            assert_eq!(decode(&changed).unwrap(), text.replace('é', "è"));
        }
    }

    #[test]
    fn a_character_that_the_encoding_lacks_is_not_written() {
        let latin = input(b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE9</a>");
        let text = decode(&latin.bytes).unwrap();
        assert!(rewritten(&latin, &text, &text.replace('é', "日")).is_err());
    }

    #[test]
    fn a_file_is_replaced_and_a_link_to_it_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.xml");
        fs::write(&path, "old").unwrap();
        put(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        #[cfg(unix)]
        {
            let link = folder.path().join("b.xml");
            std::os::unix::fs::symlink(&path, &link).unwrap();
            put(&link, b"newer").unwrap();
            assert!(link.is_symlink());
            assert_eq!(fs::read(&path).unwrap(), b"newer");
        }
        assert!(put(&folder.path().join("gone.xml"), b"").is_err());
    }

    /// What was to be made has a name that nobody knows.
    #[test]
    fn what_is_not_written_is_told_by_the_name_of_the_document() {
        let folder = tempfile::tempdir().unwrap();
        let error = tempfile::tempdir_in(folder.path().join("gone")).unwrap_err();
        let failure = unwritten(Path::new("my form.xml"), &error);
        assert_eq!(failure.to_string(), "cannot write `my form.xml`, which is as it was: entity not found");
    }

    #[test]
    fn a_change_is_shown_with_what_surrounds_it() {
        let old = "<a>\r\n\t<b>1</b>\r\n  <c/>\r\n  <d/>\r\n  <e/>\r\n</a>";
        let shown = diff("a.xml", old, &old.replace('1', "2\u{202e}"));
        insta::assert_snapshot!(anstream::adapter::strip_str(&shown), @r"
        --- a.xml
        +++ a.xml, put right
        @@ -1,4 +1,4 @@
         <a>
        -	<b>1</b>
        +	<b>2\u{202e}</b>
           <c/>
           <d/>
        ");
    }
}
