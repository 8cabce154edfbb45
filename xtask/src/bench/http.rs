//! As much of an HTTP/1.1 client as a load generator needs: one kept connection, answers with a `Content-Length`.

use std::{
    io::{BufRead, BufReader, Error, ErrorKind, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(30);

/// A kept connection.
pub struct Connection {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
}

/// An answer.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Whether the server did what was asked.
    pub fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Connection {
    /// Connects.
    pub fn open(address: SocketAddr) -> Result<Self, Error> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            address,
            stream: BufReader::new(stream),
        })
    }

    /// Asks for a path.
    pub fn get(&mut self, path: &str) -> Result<Answer, Error> {
        self.send(&get(self.address, path, &[]))
    }

    /// Sends a whole request and reads its answer. After an error the connection is of no more use.
    pub fn send(&mut self, request: &[u8]) -> Result<Answer, Error> {
        self.stream.get_mut().write_all(request)?;
        read_answer(&mut self.stream)
    }
}

/// A POST of a JSON body, ready to be sent many times.
pub fn post(address: SocketAddr, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut head =
        format!("POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// A GET, ready to be sent many times.
pub fn get(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut head = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    format!("{head}\r\n").into_bytes()
}

fn read_answer(stream: &mut impl BufRead) -> Result<Answer, Error> {
    let mut line = String::new();
    read_line(stream, &mut line)?;
    let status = line
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| invalid("no status in the answer's first line"))?;
    let mut length = None;
    loop {
        read_line(stream, &mut line)?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok();
        }
    }
    let length: usize = length.ok_or_else(|| invalid("an answer without Content-Length"))?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Answer { status, body })
}

fn read_line(stream: &mut impl BufRead, line: &mut String) -> Result<(), Error> {
    line.clear();
    if stream.read_line(line)? == 0 {
        return Err(Error::from(ErrorKind::UnexpectedEof));
    }
    line.truncate(line.trim_end().len());
    Ok(())
}

fn invalid(what: &'static str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use crate::bench::http::read_answer;

    #[test]
    fn two_answers_on_one_connection_are_read_apart() {
        let mut stream: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 503 Busy\r\ncontent-length:0\r\n\r\n";
        let first = read_answer(&mut stream).expect("an answer");
        assert_eq!(
            (first.status, first.body.as_slice()),
            (200, b"ok".as_slice())
        );
        let second = read_answer(&mut stream).expect("an answer");
        assert_eq!(
            (second.status, second.body.as_slice()),
            (503, b"".as_slice())
        );
    }

    #[test]
    fn a_cut_or_strange_answer_is_an_error() {
        for (bytes, kind) in [
            ("", ErrorKind::UnexpectedEof),
            ("HTTP/1.1 200 OK\r\ncontent-le", ErrorKind::UnexpectedEof),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nok",
                ErrorKind::UnexpectedEof,
            ),
            ("hello\r\n\r\n", ErrorKind::InvalidData),
            ("HTTP/1.1 200 OK\r\n\r\n", ErrorKind::InvalidData),
        ] {
            let error = read_answer(&mut bytes.as_bytes()).err().expect("an error");
            assert_eq!(error.kind(), kind, "{bytes:?}");
        }
    }
}
