/** Which server is there, when the handshake failed: `GET /version`. */

/** `compatible`: there is one that speaks the subprotocol, or does not say. `unreachable`: nothing useful answered. */
export const probeVersion = async (
  url: string,
  subprotocol: string,
  timeoutMs: number,
): Promise<"compatible" | "incompatible" | "unreachable"> => {
  try {
    const answer = await fetch(new URL("/version", url), {
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!answer.ok) return "unreachable";
    return judge(await answer.json(), subprotocol);
  } catch {
    return "unreachable";
  }
};

/** What the answer means; anything but a list of protocols says nothing. */
export const judge = (version: unknown, subprotocol: string): "compatible" | "incompatible" | "unreachable" => {
  if (typeof version !== "object" || version === null || !("protocols" in version)) return "unreachable";
  const { protocols } = version;
  if (!Array.isArray(protocols)) return "unreachable";
  return protocols.includes(subprotocol) ? "compatible" : "incompatible";
};
