//! Words of a command that is advised, as a person types them: to a POSIX shell, and on Windows to PowerShell and, where it can be,
//! to `cmd` as well.

use std::borrow::Cow;
use std::path::Path;

use super::steers;

/// A name as a person types it as the value of an option: one word. What a terminal would obey or hide is written out.
pub(crate) fn typed(name: &str) -> Cow<'_, str> {
    if cfg!(windows) { in_powershell(name) } else { in_posix(name) }
}

/// The same with the name of the option: a value that begins as options do is one only behind `=`.
pub(crate) fn typed_option(option: &str, value: &str) -> String {
    let between = if value.starts_with('-') { '=' } else { ' ' };
    format!("{option}{between}{}", typed(value))
}

/// The same of the last word of a command, which is no option behind `--`.
pub(crate) fn typed_last(name: &str) -> String {
    let before = if name.starts_with('-') { "-- " } else { "" };
    format!("{before}{}", typed(name))
}

/// The same of a file or a folder, of whose name every byte counts. One that begins as options do is named from here; `-` is
/// standard input.
pub(crate) fn typed_path(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let here = if bytes.starts_with(b"-") && bytes.len() > 1 { "./" } else { "" };
    match path.to_str() {
        Some(name) => format!("{here}{}", typed(name)),
        None => format!("{here}{}", bytewise(bytes)),
    }
}

fn in_posix(name: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || "-_.@+:/,%".contains(c);
    if !name.is_empty() && name.chars().all(is_plain) {
        return name.into();
    }
    if !name.contains(steers) {
        return format!("'{}'", name.replace('\'', r"'\''")).into();
    }
    bytewise(name.as_bytes()).into()
}

/// What stands between single quotes says what it says; but `cmd` knows only double ones, which do as long as nothing in them means
/// something to either.
fn in_powershell(name: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || r"-_.+:/\".contains(c);
    if !name.is_empty() && name.chars().all(is_plain) {
        return name.into();
    }
    if name.contains(steers) {
        let written = name.chars().map(|c| match c {
            _ if steers(c) => format!("`u{{{:x}}}", u32::from(c)),
            '`' | '"' | '$' => format!("`{c}"),
            _ => c.to_string(),
        });
        return format!("\"{}\"", written.collect::<String>()).into();
    }
    let means_something = |c: char| r#""$`%!"#.contains(c);
    if name.contains(means_something) || name.ends_with('\\') {
        return format!("'{}'", name.replace('\'', "''")).into();
    }
    format!("\"{name}\"").into()
}

fn bytewise(name: &[u8]) -> String {
    let mut word = String::from("$'");
    let write = |word: &mut String, bytes: &[u8]| {
        bytes.iter().for_each(|byte| word.push_str(&format!("\\{byte:03o}")));
    };
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' | '\'' => word.extend(['\\', c]),
                '\n' => word.push_str("\\n"),
                _ if steers(c) => write(&mut word, c.encode_utf8(&mut [0; 4]).as_bytes()),
                _ => word.push(c),
            }
        }
        write(&mut word, chunk.invalid());
    }
    word.push('\'');
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_word_to_a_posix_shell() {
        for (name, word) in [
            ("a/b:c-1.xml", "a/b:c-1.xml"),
            ("زيارة.xml", "زيارة.xml"),
            ("", "''"),
            ("my form.xml", "'my form.xml'"),
            ("it's $1.xml", r"'it'\''s $1.xml'"),
            ("a\n'b.xml", r"$'a\n\'b.xml'"),
            ("a\u{feff}", r"$'a\357\273\277'"),
            ("a\u{1b}\u{202e}\\.xml", r"$'a\033\342\200\256\\.xml'"),
        ] {
            assert_eq!(in_posix(name), word);
        }
    }

    #[test]
    fn a_name_is_one_word_to_powershell() {
        for (name, word) in [
            (r"C:\forms\visit-1.xml", r"C:\forms\visit-1.xml"),
            ("", "\"\""),
            (r"my db\a.db", "\"my db\\a.db\""),
            ("it's.xml", "\"it's.xml\""),
            ("a,b.xml", "\"a,b.xml\""),
            (r"my db\", r"'my db\'"),
            ("it's 100%.xml", "'it''s 100%.xml'"),
            ("$a.xml", "'$a.xml'"),
            ("a\u{202e}$.xml", "\"a`u{202e}`$.xml\""),
        ] {
            assert_eq!(in_powershell(name), word);
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_begins_as_an_option_is_a_name_all_the_same() {
        for (name, word) in [("-x y", "./'-x y'"), ("a-x", "a-x"), ("-", "-"), ("d/-x", "d/-x")] {
            assert_eq!(typed_path(Path::new(name)), word);
        }
        assert_eq!([typed_last("-x"), typed_last("x")], ["-- -x", "x"]);
        assert_eq!(
            [typed_option("--server", "-x"), typed_option("--server", "x y")],
            ["--server=-x", "--server 'x y'"]
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_path_is_typed_with_all_its_bytes() {
        use std::os::unix::ffi::OsStrExt as _;
        let typed = |bytes: &[u8]| typed_path(Path::new(std::ffi::OsStr::from_bytes(bytes)));
        assert_eq!(typed(b"d/it's \xFF\xC3\xA9.xml"), r"$'d/it\'s \377é.xml'");
        assert_eq!(typed(b"-\xFF"), r"./$'-\377'");
    }
}
