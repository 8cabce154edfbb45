//! The floor: a server that reads a request and answers it, and governs nothing. What a scenario costs beyond it is the price of
//! governance, with the same senders on the same machine.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    thread,
};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 24\r\n\r\n{\"message\":\"forwarded!\"}";

/// A listening floor. It ends with the process.
pub struct Floor {
    address: SocketAddr,
}

impl Floor {
    /// Starts to answer, each connection on a thread of its own.
    pub fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(move || answer(stream));
            }
        });
        Ok(Self { address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Answers until the connection ends, for whatever reason: the sender notices by itself.
fn answer(stream: TcpStream) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let mut stream = BufReader::new(stream);
    let (mut line, mut body) = (String::new(), Vec::new());
    loop {
        let mut length = 0_usize;
        loop {
            line.clear();
            match stream.read_line(&mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().unwrap_or(0);
            }
        }
        body.resize(length, 0);
        if stream.read_exact(&mut body).is_err() || stream.get_mut().write_all(ANSWER).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::bench::{
        http::{Connection, post},
        load::floor::Floor,
    };

    #[test]
    fn the_floor_answers_every_request_of_a_connection() {
        let floor = Floor::start().expect("a listener");
        let mut connection = Connection::open(floor.address()).expect("a connection");
        for body in ["{}", "", r#"{"message":"hello"}"#] {
            let request = post(floor.address(), "/forward", &[], body);
            let answer = connection.send(&request).expect("an answer");
            assert_eq!(answer.status, 200);
            assert_eq!(answer.body, br#"{"message":"forwarded!"}"#);
        }
    }
}
