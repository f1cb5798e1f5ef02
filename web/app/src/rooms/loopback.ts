/** Whether a host's name means the very machine it is asked on (RFC 6761, section 6.3; RFC 1122, section 3.2.1.3). */
export const isLoopback = (hostname: string): boolean =>
  /^(?:.+\.)?localhost$/i.test(hostname) || /^127(?:\.\d+){3}$/.test(hostname) || hostname === "[::1]";
