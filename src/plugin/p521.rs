//! ECDSA on P-521, which hosts use for their client certificate and ring lacks.

use ::p521::ecdsa::{DerSignature, VerifyingKey, signature::Verifier as _};
use rustls::{
    SignatureScheme,
    crypto::WebPkiSupportedAlgorithms,
    pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id},
};
use webpki::ring as algorithms;

/// ECDSA signatures using the P-521 curve and SHA-512.
static ECDSA_P521_SHA512: &dyn SignatureVerificationAlgorithm = &EcdsaP521Sha512;

/// The signatures a client may prove its key with. Without P-521 in the list Go's client finds nothing it can use and
/// sends no certificate at all.
pub(super) static CLIENT_SIGNATURES: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[
        ECDSA_P521_SHA512,
        algorithms::ECDSA_P256_SHA256,
        algorithms::ECDSA_P384_SHA384,
        algorithms::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
        algorithms::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
        algorithms::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
    ],
    mapping: &[
        (SignatureScheme::ECDSA_NISTP521_SHA512, &[ECDSA_P521_SHA512]),
        (
            SignatureScheme::ECDSA_NISTP256_SHA256,
            &[algorithms::ECDSA_P256_SHA256],
        ),
        (
            SignatureScheme::ECDSA_NISTP384_SHA384,
            &[algorithms::ECDSA_P384_SHA384],
        ),
        (
            SignatureScheme::RSA_PSS_SHA256,
            &[algorithms::RSA_PSS_2048_8192_SHA256_LEGACY_KEY],
        ),
        (
            SignatureScheme::RSA_PSS_SHA384,
            &[algorithms::RSA_PSS_2048_8192_SHA384_LEGACY_KEY],
        ),
        (
            SignatureScheme::RSA_PSS_SHA512,
            &[algorithms::RSA_PSS_2048_8192_SHA512_LEGACY_KEY],
        ),
    ],
};

#[derive(Debug)]
struct EcdsaP521Sha512;

impl SignatureVerificationAlgorithm for EcdsaP521Sha512 {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = VerifyingKey::from_sec1_bytes(public_key).map_err(|_| InvalidSignature)?;
        let signature = DerSignature::from_bytes(signature).map_err(|_| InvalidSignature)?;
        key.verify(message, &signature)
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P521
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA512
    }
}

#[cfg(test)]
mod tests {
    use ::p521::{
        ecdsa::{SigningKey, signature::Signer as _},
        elliptic_curve::Generate as _,
    };
    use proptest::prelude::*;

    use super::*;

    fn signed(message: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let key = SigningKey::generate();
        let signature: DerSignature = key.sign(message);
        (
            key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            signature.as_bytes().to_vec(),
        )
    }

    #[test]
    fn a_genuine_signature_is_accepted() {
        let (key, signature) = signed(b"handshake");
        assert!(
            ECDSA_P521_SHA512
                .verify_signature(&key, b"handshake", &signature)
                .is_ok()
        );
    }

    #[test]
    fn another_message_another_key_or_a_changed_signature_is_refused() {
        let (key, signature) = signed(b"handshake");
        let (other_key, _) = signed(b"handshake");
        let mut changed = signature.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(
            ECDSA_P521_SHA512
                .verify_signature(&key, b"other", &signature)
                .is_err()
        );
        assert!(
            ECDSA_P521_SHA512
                .verify_signature(&other_key, b"handshake", &signature)
                .is_err()
        );
        assert!(
            ECDSA_P521_SHA512
                .verify_signature(&key, b"handshake", &changed)
                .is_err()
        );
    }

    /// RFC 6979, A.2.7: the P-521 key, SHA-512, message "sample".
    #[test]
    fn the_published_test_vector_verifies() {
        let secret = hex(
            "00FAD06DAA62BA3B25D2FB40133DA757205DE67F5BB0018FEE8C86E1B68C7E75CAA896EB32F1F47C70855836A6D16FCC1466F6D8FBEC67DB89EC0C08B0E996B83538",
        );
        let r = hex(
            "00C328FAFCBD79DD77850370C46325D987CB525569FB63C5D3BC53950E6D4C5F174E25A1EE9017B5D450606ADD152B534931D7D4E8455CC91F9B15BF05EC36E377FA",
        );
        let s = hex(
            "00617CCE7CF5064806C467F678D3B4080D6F1CC50AF26CA209417308281B68AF282623EAA63E5B5C0723D8B8C37FF0777B1A20F8CCB1DCCC43997F1EE0E44DA4A67A",
        );
        let key = SigningKey::from_slice(&secret).unwrap();
        let signature = ::p521::ecdsa::Signature::from_slice(&[r, s].concat()).unwrap();
        let public = key.verifying_key().to_sec1_point(false);
        let verified = ECDSA_P521_SHA512.verify_signature(
            public.as_bytes(),
            b"sample",
            signature.to_der().as_bytes(),
        );
        assert!(verified.is_ok());
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<_> = text
            .chars()
            .map(|digit| digit.to_digit(16).unwrap())
            .collect();
        let bytes = digits
            .chunks(2)
            .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap());
        bytes.collect()
    }

    proptest! {
        #[test]
        fn arbitrary_keys_and_signatures_never_panic(
            key in proptest::collection::vec(any::<u8>(), 0..140),
            signature in proptest::collection::vec(any::<u8>(), 0..150),
        ) {
            prop_assert!(ECDSA_P521_SHA512.verify_signature(&key, b"message", &signature).is_err());
        }
    }
}
