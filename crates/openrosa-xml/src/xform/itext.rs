//! `itext`: the form's texts by language, of which only the files they refer to are kept.

use std::borrow::Cow;

use crate::{
    error::ReadError,
    position::Mark,
    xml::{
        Reader,
        chars::trim,
        name::owned,
        reader::{Event, Leaf},
    },
};

/// One language of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Translation<'a> {
    /// `@lang`, such as `en` or `French (fr)`.
    pub lang: Option<Cow<'a, str>>,
    /// Whether there is a `@default`, whatever it says.
    pub is_default: bool,
    /// The files that its texts refer to, in document order.
    pub media: Vec<MediaReference<'a>>,
}

/// A text that is the address of a file.
///
/// *Wire:* `<value form="image">jr://images/oak.jpg</value>`; the file is one of the form's manifest, or of the app.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MediaReference<'a> {
    /// `@id` of the text: what the label or choice calls it.
    pub text_id: Option<Cow<'a, str>>,
    /// `@form`: `image`, `audio`, `video`, `big-image`, …
    pub form: Option<Cow<'a, str>>,
    /// The address, which starts with `jr://`.
    pub uri: Cow<'a, str>,
    /// Where the `value` stood.
    pub mark: Mark,
}

impl MediaReference<'_> {
    /// The name under which a manifest lists the file: what follows the folder, which clients do not look at.
    ///
    /// ```
    /// # use openrosa_xml::XForm;
    /// let form = XForm::read(
    ///     "<html><head><model><itext><translation lang='en'><text id='t'>\
    ///        <value form='image'>jr://images/oak.jpg</value></text></translation></itext></model></head></html>",
    /// )?;
    /// assert_eq!(form.media().next().unwrap().file_name(), "oak.jpg");
    /// # Ok::<(), openrosa_xml::ReadError>(())
    /// ```
    #[must_use]
    pub fn file_name(&self) -> &str {
        let path = self.uri.strip_prefix("jr://").unwrap_or(&self.uri);
        path.split_once('/').map_or(path, |(_, name)| name)
    }

    fn into_owned(self) -> MediaReference<'static> {
        MediaReference {
            text_id: self.text_id.map(owned),
            form: self.form.map(owned),
            uri: owned(self.uri),
            mark: self.mark,
        }
    }
}

impl<'a> Translation<'a> {
    /// Reads the translation whose start tag was just read, to its end.
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, ReadError> {
        let inside = reader.depth();
        let lang = reader.attribute("lang");
        let is_default = reader.attribute("default").is_some();
        let mut translation = Self { lang, is_default, media: Vec::new() };
        let mut text_id = None;
        while let Some(event) = reader.next()? {
            match event {
                Event::Start(start) if start.name.local_name() == "text" => text_id = reader.attribute("id"),
                Event::Start(start) if start.name.local_name() == "value" => {
                    translation.media.extend(read_media(reader, start.offset, text_id.clone())?);
                }
                Event::End if reader.depth() < inside => break,
                Event::Start(_) | Event::End | Event::Text(_) => {}
            }
        }
        Ok(translation)
    }

    pub(super) fn into_owned(self) -> Translation<'static> {
        Translation {
            lang: self.lang.map(owned),
            is_default: self.is_default,
            media: self.media.into_iter().map(MediaReference::into_owned).collect(),
        }
    }
}

/// Reads a `value` to its end, or to the first element in it, which makes it a text for people.
fn read_media<'a>(
    reader: &mut Reader<'a>,
    offset: u64,
    text_id: Option<Cow<'a, str>>,
) -> Result<Option<MediaReference<'a>>, ReadError> {
    let form = reader.attribute("form");
    let text = match reader.leaf()? {
        Leaf::Text(text) if trim(&text).starts_with("jr://") => text,
        Leaf::Text(_) | Leaf::Opened(_) => return Ok(None),
    };
    let uri = match text {
        Cow::Borrowed(text) => Cow::Borrowed(trim(text)),
        Cow::Owned(text) => Cow::Owned(trim(&text).to_owned()),
    };
    Ok(Some(MediaReference { text_id, form, uri, mark: Mark::at(offset, reader.offset()) }))
}

#[cfg(test)]
mod tests {
    use crate::XForm;

    #[test]
    fn the_files_of_every_language_are_found() {
        let source = "<html><head><model><itext>\
             <translation lang='en' default=''><text id='oak'><value>Oak <output value='/d/n'/> jr://no</value>\
               <value form='image'> jr://images/oak.jpg\n</value></text></translation>\
             <translation lang='fr'><text id='oak'><value form='audio'>jr://file/commcare/fr/oak.mp3</value>\
               </text></translation></itext></model></head></html>";
        let form = XForm::read(source).unwrap();
        let media: Vec<_> = form
            .media()
            .map(|m| (m.text_id.as_deref().unwrap(), m.form.as_deref().unwrap(), &*m.uri, m.file_name()))
            .collect();
        assert_eq!(
            media,
            [
                ("oak", "image", "jr://images/oak.jpg", "oak.jpg"),
                ("oak", "audio", "jr://file/commcare/fr/oak.mp3", "commcare/fr/oak.mp3"),
            ]
        );
        let languages = &form.model().unwrap().translations;
        assert_eq!(
            languages.iter().map(|t| (t.lang.as_deref(), t.is_default)).collect::<Vec<_>>(),
            [(Some("en"), true), (Some("fr"), false),]
        );
        assert_eq!(form.clone().into_owned(), form);
    }
}
