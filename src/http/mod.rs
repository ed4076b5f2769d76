//! REST plumbing for any vendor: transport, retry decision, backoff, paging, errors, redaction, waiting.
