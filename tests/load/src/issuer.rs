//! An issuer of realm tokens, for one run: a key made at start (ES256), its public half served on loopback.

use crate::Failure;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds that a token lives: longer than any run.
const LIFETIME: u64 = 6 * 3600;

/// The issuer.
#[derive(Debug)]
pub(crate) struct Issuer {
    key: EcdsaKeyPair,
    address: SocketAddr,
}

impl Issuer {
    /// Makes a key and serves it for as long as this program runs.
    pub(crate) fn start() -> Result<Self, Failure> {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| "no key could be made")?;
        // Uncompressed: a byte that says so, then 32 bytes for each coordinate.
        let (x, y) = key.public_key().as_ref().split_at_checked(33).ok_or("the key is not as expected")?;
        let (x, y) = (B64.encode(x.get(1..).unwrap_or_default()), B64.encode(y));
        let keys = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": "load", "use": "sig", "x": x, "y": y }] });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let keys = keys.to_string();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let keys = keys.clone();
                // A client that breaks off asks again, and one that is slow keeps nobody waiting.
                std::thread::spawn(move || drop(answer(stream, &keys)));
            }
        });
        Ok(Self { key, address })
    }

    /// The address of the public key.
    pub(crate) fn jwks_uri(&self) -> String {
        format!("http://{}/jwks", self.address)
    }

    /// The name of one of its realms.
    pub(crate) fn realm(&self, name: &str) -> String {
        format!("http://{}/realms/{name}", self.address)
    }

    /// A token for somebody, with these claims beside the usual ones.
    pub(crate) fn token(&self, realm: &str, audience: &str, claims: Value) -> Result<String, Failure> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let mut all = json!({
            "iss": self.realm(realm), "aud": audience, "typ": "Bearer", "azp": "portal", "jti": "load",
            "iat": now, "exp": now + LIFETIME, "email_verified": true,
        });
        if let (Some(all), Value::Object(claims)) = (all.as_object_mut(), claims) {
            all.extend(claims);
        }
        let head = json!({ "alg": "ES256", "typ": "JWT", "kid": "load" });
        let message = format!("{}.{}", B64.encode(head.to_string()), B64.encode(all.to_string()));
        let signature = self.key.sign(&SystemRandom::new(), message.as_bytes()).map_err(|_| "cannot sign")?;
        Ok(format!("{message}.{}", B64.encode(signature.as_ref())))
    }
}

fn answer(mut stream: TcpStream, keys: &str) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let mut request = [0; 4096];
    // What is asked for does not matter: there is one thing to be had.
    let _length = stream.read(&mut request)?;
    let length = keys.len();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length:";
    stream.write_all(format!("{head} {length}\r\n\r\n{keys}").as_bytes())
}
