//! What the app's pages may do. The strictest under which it works: a script that gets in can load nothing, send nothing
//! elsewhere, and be framed by nobody.

/// Sent with each of the app's files: a worker takes its policy from its own script.
pub(super) const HEADERS: &[(&str, &str)] = &[
    ("content-security-policy", CONTENT),
    ("permissions-policy", PERMISSIONS),
    ("cross-origin-opener-policy", "same-origin"),
];

/// Content Security Policy Level 3. `connect-src 'self'` covers WebSockets of the same host and port (§6.7.2.8). The one
/// Trusted Types policy is the app's for the address of its service worker.
const CONTENT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
     font-src 'self'; connect-src 'self'; media-src 'self' blob: mediastream:; worker-src 'self'; \
     manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types greenroom-sw";

/// Calls need the first line; the app needs none of the rest.
const PERMISSIONS: &str = "camera=(self), microphone=(self), display-capture=(self), speaker-selection=(self), \
     accelerometer=(), browsing-topics=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), \
     midi=(), payment=(), serial=(), usb=(), xr-spatial-tracking=()";
