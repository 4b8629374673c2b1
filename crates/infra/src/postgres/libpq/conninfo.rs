use std::ffi::{CStr, CString, c_char};
use std::ptr;

use pq_sys::{PQconninfoFree, PQconninfoParse, PQfreemem};
use zeroize::Zeroizing;

/// A connection string that libpq has parsed: a URL (`postgres://…`) or keywords
/// (`host=… dbname=…`).
///
/// It has no `Debug`, because it may contain a password.
#[derive(Clone, Default)]
pub(in crate::postgres) struct ConnInfo(Vec<(String, Zeroizing<String>)>);

/// A text for libpq. It is overwritten when it is dropped.
pub(super) struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    fn new(text: &str) -> Option<Self> {
        CString::new(text).ok().map(|text| Self(Zeroizing::new(text.into_bytes_with_nul())))
    }

    pub(super) fn as_ptr(&self) -> *const c_char {
        self.0.as_ptr().cast()
    }
}

/// A text is not a connection string. libpq's message is left out, because it quotes the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "cannot reach the database: DATABASE_URL is not a connection string; write postgres://user@host/database, \
     with special characters percent-encoded"
)]
pub struct InvalidConnInfo;

impl ConnInfo {
    /// Parses a connection string. Ignores a line break at its end, which files and variables often
    /// have.
    pub(in crate::postgres) fn parse(text: &str) -> Result<Self, InvalidConnInfo> {
        let text = text.trim_end_matches(['\r', '\n']);
        let text = Secret::new(text).ok_or(InvalidConnInfo)?;
        let mut message = ptr::null_mut();
        #[expect(unsafe_code, reason = "libpq's parser")]
        // SAFETY: `text` ends with a NUL. The returned array ends with an entry without a keyword.
        // Its texts are valid until the array is freed, and are copied before. libpq's function
        // frees the message.
        unsafe {
            let options = PQconninfoParse(text.as_ptr(), &raw mut message);
            if options.is_null() {
                PQfreemem(message.cast());
                return Err(InvalidConnInfo);
            }
            let mut pairs = Vec::new();
            let mut option = options;
            while !(*option).keyword.is_null() {
                if !(*option).val.is_null() {
                    let [keyword, value] = [(*option).keyword, (*option).val]
                        .map(|text| CStr::from_ptr(text).to_string_lossy().into_owned());
                    pairs.push((keyword, Zeroizing::new(value)));
                }
                option = option.add(1);
            }
            PQconninfoFree(options);
            Ok(Self(pairs))
        }
    }

    /// Returns the value of a keyword, if it is set and not empty.
    pub(in crate::postgres) fn get(&self, keyword: &str) -> Option<&str> {
        let pair = self.0.iter().find(|(known, _)| known == keyword);
        pair.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Sets a keyword, and replaces its previous value.
    pub(in crate::postgres) fn set(&mut self, keyword: &str, value: &str) {
        self.0.retain(|(known, _)| known != keyword);
        self.0.push((keyword.to_owned(), Zeroizing::new(value.to_owned())));
    }

    /// Sets a keyword, unless it is already set.
    pub(in crate::postgres) fn set_default(&mut self, keyword: &str, value: &str) {
        if self.get(keyword).is_none() {
            self.set(keyword, value);
        }
    }

    /// Writes the connection string as keywords, including empty values, so that libpq does not use
    /// environment variables instead.
    pub(super) fn to_text(&self) -> Option<Secret> {
        let escape = |value: &str| value.replace('\\', "\\\\").replace('\'', "\\'");
        let mut text = Zeroizing::new(String::new());
        for (keyword, value) in &self.0 {
            text.extend([keyword, "='", Zeroizing::new(escape(value)).as_str(), "' "]);
        }
        Secret::new(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_keywords_are_parsed() {
        for (text, database, password) in [
            ("postgres://u:p%3Fw@h/db?connect_timeout=3", "db", "p?w"),
            ("postgres://u:p?w@h/db", "db", "p?w"),
            ("postgres://u@h/db?\n", "db", ""),
            ("host=h user=u password='p w' dbname=db", "db", "p w"),
        ] {
            let info = ConnInfo::parse(text).unwrap();
            assert_eq!(info.get("dbname"), Some(database), "{text}");
            assert_eq!(info.get("password").unwrap_or_default(), password, "{text}");
        }
    }

    #[test]
    fn the_error_for_an_invalid_connection_string_does_not_quote_it() {
        for text in ["postgres://u:%zzp?w@h/db", "postgres://u@h/db?p?w=1", "nonsense", "a\0b", "host='h"] {
            let Err(error) = ConnInfo::parse(text) else { panic!("{text:?} was accepted") };
            assert!(!error.to_string().contains("p?w"));
        }
    }

    #[test]
    fn a_default_does_not_replace_a_value() {
        let mut info = ConnInfo::parse("postgres://h/db?connect_timeout=3").unwrap();
        info.set_default("connect_timeout", "5");
        info.set_default("keepalives_idle", "10");
        info.set("password", r"a'b\c");
        let text = info.to_text().unwrap();
        let again = ConnInfo::parse(std::str::from_utf8(&text.0).unwrap().trim_end_matches('\0')).unwrap();
        assert_eq!(again.get("password"), Some(r"a'b\c"));
        assert_eq!((info.get("connect_timeout"), info.get("keepalives_idle")), (Some("3"), Some("10")));
    }
}
