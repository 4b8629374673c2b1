use super::libpq::ConnInfo;

/// A description of where a database is, for messages and the log.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) text: String,
    /// Whether libpq's messages, which contain hosts and ports, cannot contain a part of a
    /// password.
    pub(super) is_plain: bool,
}

impl Place {
    /// Describes the database of a connection string.
    ///
    /// A password that is not percent-encoded can become part of any component of a URL. So the
    /// description contains only text after the last `@`.
    pub(super) fn new(text: &str, info: &ConnInfo) -> Self {
        let unnamed = || Self { text: "the database of DATABASE_URL".to_owned(), is_plain: false };
        let is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
        let public = if is_url { text.rsplit('@').next().unwrap_or_default() } else { text };
        let is_plain = |part: &str| {
            let is_public = public.contains(part) || public.contains(&part.replace('/', "%2F"));
            is_public && part.chars().all(|c| c.is_alphanumeric() || "/_-.:[]@".contains(c))
        };
        let [host, port, name] = ["host", "port", "dbname"].map(|key| info.get(key).unwrap_or_default());
        let mut shown = host.split(',').chain(port.split(',')).chain([name]);
        if host.is_empty() || !shown.all(is_plain) {
            return unnamed();
        }
        let text = if host.starts_with('/') {
            format!("the database at the socket in {host}")
        } else {
            let mut ports = port.split(',');
            let server = |host: &str| match ports.next() {
                Some(port) if !port.is_empty() => format!("{host}:{port}"),
                _ => host.to_owned(),
            };
            let servers: Vec<String> = host.split(',').map(server).collect();
            let name = if name.is_empty() { String::new() } else { format!("/{name}") };
            format!("the database at {}{name}", servers.join(","))
        };
        Self { text, is_plain: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_contains_no_text_before_the_last_at_sign() {
        for (url, place) in [
            ("postgres://sihha:4711?w@h/db", "the database at h/db"),
            ("postgres://u:p/4711@h/db", "the database of DATABASE_URL"),
            ("postgres://u:p@4711@h:5433/db", "the database of DATABASE_URL"),
            ("postgres://u@h:5433/db?", "the database at h:5433/db"),
            ("postgresql://u@/db?host=/run/pg", "the database at the socket in /run/pg"),
            ("postgresql://u@%2Frun%2Fpg/db", "the database at the socket in /run/pg"),
            ("host=h password='4711' dbname=db", "the database at h/db"),
            ("postgres:///db", "the database of DATABASE_URL"),
            ("postgres://u@h:1,i:2/db", "the database at h:1,i:2/db"),
        ] {
            let shown = Place::new(url, &ConnInfo::parse(url).unwrap()).text;
            assert!(!shown.contains("4711"), "{url}: {shown}");
            if !url.contains("/4711@") && !url.contains("@4711@") {
                assert_eq!(shown, place, "{url}");
            }
        }
    }
}
