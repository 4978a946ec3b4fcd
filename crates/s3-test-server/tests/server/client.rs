//! An HTTP client that sends requests exactly as they are written.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use crate::server::Server;

#[derive(Clone, Debug)]
pub struct Request {
    pub method: &'static str,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    /// A request for a bucket or an object in path style.
    pub fn new(server: &Server, method: &'static str, target: &str) -> Self {
        Self {
            method,
            target: target.to_owned(),
            headers: vec![("host".to_owned(), server.address.clone())],
            body: String::new(),
        }
    }

    pub fn get(server: &Server, target: &str) -> Self {
        Self::new(server, "GET", target)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Replaces a header, which may have been signed.
    pub fn replace_header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(present, _)| present != name);
        self.header(name, value)
    }

    pub fn body(mut self, body: &str) -> Self {
        self.body = body.to_owned();
        self
    }

    /// Cuts the body in two parts and frames them as `Transfer-Encoding: chunked` does.
    pub fn chunked(mut self) -> Self {
        let (first, second) = self.body.split_at(self.body.len() / 2);
        let parts = [first, second].map(|part| format!("{:x}\r\n{part}\r\n", part.len()));
        self.body = format!("{}0\r\n\r\n", parts.concat());
        self.header("transfer-encoding", "chunked")
    }

    /// Replaces a part of the request target, which must be there.
    pub fn retarget(mut self, from: &str, to: &str) -> Self {
        assert!(self.target.contains(from), "{from} in {}", self.target);
        self.target = self.target.replace(from, to);
        self
    }

    pub fn value_of(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(present, _)| present == name)?;
        Some(value)
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    /// The decoded arguments.
    pub fn arguments(&self) -> Vec<(String, String)> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    /// Appends an argument to the query.
    pub fn append(&mut self, name: &str, value: &str) {
        let separator = if self.target.contains('?') { '&' } else { '?' };
        let value =
            percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
        self.target.push_str(&format!("{separator}{name}={value}"));
    }

    /// Sends the request on a connection of its own.
    pub fn send(&self, server: &Server) -> Response {
        Connection::open(server).send(self)
    }
}

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Response {
    /// The content of an element of the body.
    pub fn element(&self, name: &str) -> Option<&str> {
        let (_, rest) = self.body.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(content, _)| content)
    }

    /// The status and the error code.
    pub fn error(&self) -> (u16, &str) {
        (self.status, self.element("Code").unwrap_or_default())
    }

    #[track_caller]
    pub fn assert_body(&self, body: &str) {
        assert_eq!((self.status, self.body.as_str()), (200, body));
    }

    #[track_caller]
    pub fn assert_error(&self, status: u16, code: &str) {
        assert_eq!(self.error(), (status, code), "{self:?}");
    }
}

/// A connection for several requests.
pub struct Connection(BufReader<TcpStream>);

impl Connection {
    pub fn open(server: &Server) -> Self {
        Self(BufReader::new(TcpStream::connect(&server.address).unwrap()))
    }

    pub fn send(&mut self, request: &Request) -> Response {
        let mut text = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
        for (name, value) in &request.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        let has_body = !request.body.is_empty() || matches!(request.method, "PUT" | "POST");
        if has_body && request.value_of("transfer-encoding").is_none() {
            text.push_str(&format!("content-length: {}\r\n", request.body.len()));
        }
        text.push_str("\r\n");
        text.push_str(&request.body);
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
        self.receive(request.method)
    }

    fn receive(&mut self, method: &str) -> Response {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();

        let mut headers = HashMap::new();
        loop {
            line.clear();
            self.0.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let length = match (method, status) {
            ("HEAD", _) | (_, 204 | 304) => 0,
            _ => headers["content-length"].parse().unwrap(),
        };
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        Response { status, headers, body: String::from_utf8(body).unwrap() }
    }
}
