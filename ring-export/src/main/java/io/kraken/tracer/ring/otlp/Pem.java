package io.kraken.tracer.ring.otlp;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Parser of PEM files. Text around the blocks is skipped; no error message contains any of the file's bytes. */
final class Pem {

    private static final String BEGIN = "-----BEGIN ";
    private static final String END = "-----END ";
    private static final String DASHES = "-----";
    private static final List<String> KEY_ALGORITHMS = List.of("RSA", "EC", "EdDSA");

    private record Block(String label, byte[] bytes) {}

    private Pem() {}

    /** All certificates of a file, at least one. */
    static List<Certificate> certificates(byte[] file) throws GeneralSecurityException {
        final CertificateFactory factory = CertificateFactory.getInstance("X.509");
        final List<Certificate> certificates = new ArrayList<>();
        for (Block block : blocks(file)) {
            if (block.label.equals("CERTIFICATE")) {
                certificates.add(factory.generateCertificate(new ByteArrayInputStream(block.bytes)));
            }
        }
        if (certificates.isEmpty()) {
            throw new CertificateException("it contains no certificate");
        }
        return certificates;
    }

    /** The first private key of a file. */
    static PrivateKey key(byte[] file) throws GeneralSecurityException {
        for (Block block : blocks(file)) {
            if (block.label.equals("PRIVATE KEY")) {
                return key(new PKCS8EncodedKeySpec(block.bytes));
            }
            if (block.label.equals("ENCRYPTED PRIVATE KEY")) {
                throw new InvalidKeySpecException("the private key is encrypted; an unencrypted one is needed");
            }
            if (block.label.endsWith(" PRIVATE KEY")) {
                throw new InvalidKeySpecException(
                        "the private key is not PKCS #8; convert it with 'openssl pkcs8 -topk8 -nocrypt'");
            }
        }
        throw new InvalidKeySpecException("it contains no private key");
    }

    private static PrivateKey key(PKCS8EncodedKeySpec spec) throws GeneralSecurityException {
        for (String algorithm : KEY_ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException ignored) { // try the next algorithm
            }
        }
        throw new InvalidKeySpecException("the private key is damaged, or neither RSA nor EC nor Ed25519");
    }

    private static List<Block> blocks(byte[] file) throws GeneralSecurityException {
        final List<Block> blocks = new ArrayList<>();
        final String text = new String(file, StandardCharsets.ISO_8859_1);
        int at = 0;
        while ((at = text.indexOf(BEGIN, at)) >= 0) {
            final int labelEnd = text.indexOf(DASHES, at + BEGIN.length());
            final int end = labelEnd < 0 ? -1 : text.indexOf(END, labelEnd);
            if (end < 0) {
                throw new CertificateException("a PEM block has no end line");
            }
            final String label = text.substring(at + BEGIN.length(), labelEnd);
            try {
                final String base64 = text.substring(labelEnd + DASHES.length(), end);
                blocks.add(new Block(label, Base64.getMimeDecoder().decode(base64)));
            } catch (IllegalArgumentException e) {
                throw new CertificateException("a PEM block is not valid base64");
            }
            at = end + END.length();
        }
        return blocks;
    }
}
