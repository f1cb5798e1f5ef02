// What people do in a call, as steps of a test.

/** Shows a publication of this source in a video slot, of this participant or anyone's; gives the publication. */
export const show = (page, { source = "camera", slot = 0, width = 1280, height = 720, of = null } = {}) =>
  page.evaluate(
    async ({ source, slot, width, height, of }) => {
      const track = await greenroom.until(
        () =>
          call
            .others()
            .filter((one) => of === null || one.participant === of)
            .flatMap((one) => one.tracks)
            .find((track) => track.source === source),
        `somebody's ${source}`,
      );
      await call.layout([{ slot, show: { track: track.track }, width, height }]);
      return track;
    },
    { source, slot, width, height, of },
  );

/** Who one is in the call. */
export const self = (page) => page.evaluate(() => call.participant);

/** Waits until a video slot shows this participant. */
export const seeWhom = (page, { slot = 0, participant }) =>
  page.evaluate(
    ({ slot, participant }) =>
      greenroom.until(() => {
        const { transceiver } = call.videoSlots[slot];
        const [newest] = transceiver.receiver.getContributingSources().sort((a, b) => b.timestamp - a.timestamp);
        const state = call.states.get(transceiver.mid);
        return newest?.source === participant && state?.participant === participant && state.state === "live";
      }, `participant ${participant} in slot ${slot}`),
    { slot, participant },
  );

/** Waits until a video slot has shown so many frames more. */
export const seeMore = (page, { slot = 0, frames = 15 } = {}) =>
  page.evaluate(
    ({ slot, frames }) => {
      const { element } = call.videoSlots[slot];
      const goal = (element.frames ?? 0) + frames;
      return greenroom.until(() => (element.frames ?? 0) >= goal, `${frames} frames`);
    },
    { slot, frames },
  );

/** Waits until the picture of a video slot is at least, or at most, so wide. */
export const seeWidth = (page, { slot = 0, least = 0, most = Infinity }) =>
  page.evaluate(
    ({ slot, least, most }) =>
      greenroom.until(() => {
        const width = call.videoSlots[slot].element.size?.[0];
        return width >= least && width <= (most ?? Infinity);
      }, `a picture ${least} to ${most} wide`),
    { slot, least, most: most === Infinity ? null : most },
  );

/** Waits for sound; gives the CSRC of who is heard and the listener's own number. */
export const hear = (page, packets = 25) =>
  page.evaluate(
    (packets) =>
      greenroom.until(async () => {
        for (const slot of call.audioSlots) {
          const inbound = await call.inbound(slot);
          const heard = inbound?.packetsReceived ?? 0;
          slot.base ??= heard;
          const [csrc] = slot.transceiver.receiver.getContributingSources().sort((a, b) => b.timestamp - a.timestamp);
          if (csrc && heard - slot.base >= packets) return { source: csrc.source, me: call.participant };
        }
      }, `${packets} packets of sound`),
    packets,
  );
