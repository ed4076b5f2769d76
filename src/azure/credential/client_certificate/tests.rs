use p12_keystore::{Certificate, EncryptionAlgorithm, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use ring::signature::UnparsedPublicKey;

use super::*;

/// Throw-away keys made for these tests.
const RSA_KEY: &[u8] = include_bytes!("testdata/rsa.pkcs8.der");
const RSA_CERTIFICATE: &[u8] = include_bytes!("testdata/rsa.crt.der");
const EC_KEY: &[u8] = include_bytes!("testdata/ec.pkcs8.der");
const EC_CERTIFICATE: &[u8] = include_bytes!("testdata/ec.crt.der");

fn pkcs12(
    key: &[u8],
    certificate: &[u8],
    password: &str,
    algorithm: EncryptionAlgorithm,
) -> Vec<u8> {
    let chain = PrivateKeyChain::new(
        b"1".as_slice(),
        PrivateKey::from_der(key).unwrap(),
        [Certificate::from_der(certificate).unwrap()],
    );
    let mut store = KeyStore::new();
    store.add_entry("test", KeyStoreEntry::PrivateKeyChain(chain));
    // Few iterations: the tests are about reading, not about strength.
    store
        .writer(password)
        .encryption_algorithm(algorithm)
        .encryption_iterations(10)
        .mac_iterations(10)
        .write()
        .unwrap()
}

fn rsa(password: &str) -> Vec<u8> {
    pkcs12(
        RSA_KEY,
        RSA_CERTIFICATE,
        password,
        EncryptionAlgorithm::PbeWithHmacSha256AndAes256,
    )
}

fn load(data: &[u8], password: &str) -> Result<CertificateAssertion, Error> {
    CertificateAssertion::from_pkcs12(
        data,
        password,
        "client",
        "https://login.example/t/oauth2/v2.0/token".into(),
    )
}

fn decoded(part: &str) -> serde_json::Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[test]
fn the_assertion_is_signed_and_made_out_to_the_token_endpoint() {
    for algorithm in [
        EncryptionAlgorithm::PbeWithHmacSha256AndAes256,
        // What older tools write.
        EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc,
    ] {
        let data = pkcs12(RSA_KEY, RSA_CERTIFICATE, "pass", algorithm);
        let assertion = load(&data, "pass").unwrap();
        let token = assertion.sign(1_000_000).unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        let [header, claims, signature] = parts.as_slice() else {
            panic!("{token}")
        };
        assert_eq!(decoded(header)["alg"], "PS256");
        assert_eq!(
            decoded(header)["x5t#S256"],
            URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, RSA_CERTIFICATE))
        );
        let claims = decoded(claims);
        assert_eq!(claims["aud"], "https://login.example/t/oauth2/v2.0/token");
        assert_eq!(
            (&claims["iss"], &claims["sub"]),
            (&"client".into(), &"client".into())
        );
        assert_eq!(claims["exp"], 1_000_300);
        assert!(claims["nbf"].as_i64().unwrap() < 1_000_000);
        let signed = token.rsplit_once('.').unwrap().0;
        let public = UnparsedPublicKey::new(
            &signature::RSA_PSS_2048_8192_SHA256,
            assertion.key.public().as_ref(),
        );
        public
            .verify(
                signed.as_bytes(),
                &URL_SAFE_NO_PAD.decode(signature).unwrap(),
            )
            .unwrap();
    }
}

#[test]
fn each_assertion_is_new() {
    let assertion = load(&rsa("pass"), "pass").unwrap();
    assert_ne!(assertion.sign(1).unwrap(), assertion.sign(1).unwrap());
}

#[test]
fn what_cannot_sign_is_refused_in_words() {
    let ec = pkcs12(
        EC_KEY,
        EC_CERTIFICATE,
        "pass",
        EncryptionAlgorithm::PbeWithHmacSha256AndAes256,
    );
    for (data, password, reason) in [
        (b"nonsense".to_vec(), "pass", "not PKCS#12"),
        (
            rsa("pass"),
            "hunter2",
            "client_certificate_password is wrong",
        ),
        (ec, "pass", "no RSA key"),
        (
            KeyStore::new()
                .writer("pass")
                .mac_iterations(10)
                .write()
                .unwrap(),
            "pass",
            "holds no private key",
        ),
    ] {
        let error = load(&data, password).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn base64_may_be_wrapped_and_a_missing_file_is_named() {
    let wrapped = Secret::new("AQID\nBAUG\n");
    assert_eq!(
        read(Some(&wrapped), None).await.unwrap(),
        [1, 2, 3, 4, 5, 6]
    );
    let error = read(None, Some(Path::new("/nowhere/cert.pfx")))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("/nowhere/cert.pfx") && error.contains("client_certificate_path"),
        "{error}"
    );
    let bad = Secret::new("***hunter2***");
    let error = read(Some(&bad), None).await.unwrap_err().to_string();
    assert!(
        error.contains("no base64") && !error.contains("hunter2"),
        "{error}"
    );
}

#[test]
fn debug_shows_no_key() {
    let shown = format!("{:?}", load(&rsa("pass"), "pass").unwrap());
    assert!(
        shown.contains("thumbprint") && !shown.to_lowercase().contains("key"),
        "{shown}"
    );
}
