/*
 * MESSAGE_IDs of the lines an operator may want to find or react to:
 * `journalctl MESSAGE_ID=...` or `journalctl --catalog`. Once published, an id never changes.
 */
#pragma once

/* The daemon serves. */
#define LOG_ID_STARTED "5a0c4b1e2f6d4f0f9c1b7de3a86c2d11"
/* It drains and will exit. */
#define LOG_ID_STOPPING "c7d0e6b84a3b4c3c8f52915e0b7ad9f2"
/* A certificate was made because none is configured. */
#define LOG_ID_CERT_MADE "18b9f23d70e5457f8c6b3ad0e94f1c53"
/* A new certificate serves new connections. */
#define LOG_ID_CERT_ROTATED "e3f61a7c05924d2db8a4c09d7f1b6e84"
/* A new certificate was refused, the old one goes on serving. */
#define LOG_ID_CERT_REFUSED "7b2e90d4c81f4a61953fe0a7d26cb835"
/* At the start: the certificate has expired, or isn't valid yet by this clock; it serves. */
#define LOG_ID_CERT_UNTIMELY "ba5b436f140240d0b2d9b65b2c7427b7"
/* The certificate, an authority of clients or a list of what it revoked expires soon, or has. */
#define LOG_ID_CERT_EXPIRES "4f1d3a7c9e0b4b58a6c2d1f7e8395b06"
/* A client's certificate was refused. */
#define LOG_ID_CLIENT_REFUSED "d90c5e2b17f84a3db46e8a05c3f7912e"
/* The store has no space: sends fail, reading goes on. */
#define LOG_ID_STORE_FULL "d4a1c85f3e704b9aa6271e9bf05c3d76"
/* The store holds a record that does not verify. */
#define LOG_ID_STORE_DAMAGED "926fb3e07d1c4e58bb04d8c5a17e2f97"
/* The guard ended a connection that asked for more than its budget. */
#define LOG_ID_GUARD_CUT "3c85d7a9e2604f14a9b3f6170ed8c5b8"
/* Someone was refused because of a limit: a request, a log-in, a stream. */
#define LOG_ID_LIMITED "84e2c07f5b9d4163a70f1ce86d32b95a"
/* The daemon ended a session, for a reason other than the client's own wish. */
#define LOG_ID_SESSION_ENDED "af70e1d6528b4937860cd94b3f2ea1c9"
/* What a deleted account had said is erased. */
#define LOG_ID_ERASED "0f6d2c94b7e84a51a3c85d1e97b240f6"
/* No new accounts and guests from now on, or they are taken again. */
#define LOG_ID_LOCKDOWN "51c7ae30d98f4b62b0e4f27c6a1d8395"
/* A configuration was refused; what ran before goes on. */
#define LOG_ID_CONFIG_REFUSED "60d9b4f8137e4ca5be2a85c07d9f36ea"
/* An administrator's call that changes something was answered; it is in the audit log. */
#define LOG_ID_AUDIT "9d5bd4a07c1e4f0aa3f2e86b71c05d94"
/* The same, but the audit log could not be written. */
#define LOG_ID_AUDIT_LOST "f21c7e8830d94b6d8a54c0be917d6fa3"
/* The new metrics.listen can't be applied; the metrics are served where they were, or not at all. */
#define LOG_ID_METRICS_REFUSED "1f4c86f0e5a14d0db9b0c2a77e6f3d58"
/* A thread makes no progress: systemd will end the daemon, and start it again. */
#define LOG_ID_STUCK "485eb4da21fe4c12bb2460b58eb2d81b"
/* The daemon could not start. */
#define LOG_ID_START_FAILED "0be3d5a1c96f4e7f8d24b71f60ca9e38"
/* At the start: fewer file descriptors are allowed than limits.connections needs. */
#define LOG_ID_DESCRIPTORS "c2f8670b41d94a8eb5d37e90fa1826c4"
/* Frames within TLS can't be looked at: floods are noticed later, by their bytes. */
#define LOG_ID_FRAMES_UNSEEN "6a913fd28be04c1d9c75e20b84f7d1a6"
/* The store can't write at all; reading goes on. */
#define LOG_ID_STORE_UNAVAILABLE "e85b0c74f3a2416e90d1cb5f8327ea94"
/* The store takes all changes again. */
#define LOG_ID_STORE_RECOVERED "2d7fa9460c1b4ee3a7f84d05b6319ec7"
/* A setting was changed, but it takes a restart to apply it. */
#define LOG_ID_NEEDS_RESTART "b40ce9731f584d2f86a2e5d70c8b9f13"
/* The certificate in service is good, but something about it may surprise clients. */
#define LOG_ID_CERT_DOUBT "73d1e6fa05c84b9b8f2a46c1d9e07b52"
/* A process that hashes passwords ended by itself, or gave no answer; another takes over. */
#define LOG_ID_PASSWORD_PROCESS "c80f15b27a3d4d4f9e61a2b50d7e94c3"
/* A backup was made. */
#define LOG_ID_BACKUP "2b6e0c95d4a94f7c8d1a63f07e5b91c8"
