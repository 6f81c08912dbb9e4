//! Byte-level faults that every protocol can meet: one listener each, which treats all connections alike.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

/// What a listener does with each connection.
#[derive(Clone, Copy)]
pub(crate) enum Wire {
    /// Accepts and closes.
    Close,
    /// Accepts and says nothing.
    Silent,
    /// Greets as another protocol does.
    Ssh,
    /// Says this and closes.
    Says(&'static str),
    /// Refuses plain text with a TLS alert.
    Tls,
}

impl Wire {
    /// Listens for as long as the tests run; gives the address.
    pub(crate) fn listen(self) -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            let mut held = Vec::new();
            for mut stream in listener.incoming().flatten() {
                match self {
                    Self::Close => {}
                    Self::Silent => held.push(stream),
                    Self::Ssh => {
                        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
                        held.push(stream);
                    }
                    Self::Says(text) => {
                        let _ = stream.read(&mut [0; 64]);
                        let _ = stream.write_all(text.as_bytes());
                    }
                    Self::Tls => {
                        let _ = stream.read(&mut [0; 64]);
                        let _ = stream.write_all(&[0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x46]);
                        held.push(stream);
                    }
                }
            }
        });
        address
    }
}
