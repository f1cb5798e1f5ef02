/** One `<video>` for each stream. A tile that moves takes its element along: making and starting one is what is slow. */

const elements = new WeakMap<MediaStream, HTMLVideoElement>();

/** Puts the stream's element into a place, out of the place it was in. */
export function attachPicture(stream: MediaStream, place: HTMLElement): void {
  const video = elements.get(stream) ?? makeElement(stream);
  place.replaceChildren(video);
  // Leaving the page paused it. Muted pictures may always play; what is refused is an abort by the next move.
  if (video.paused) video.play().catch(() => undefined);
}

/** Takes the element out, unless another place has taken it already. */
export function detachPicture(stream: MediaStream, place: HTMLElement): void {
  const video = elements.get(stream);
  if (video?.parentElement === place) video.remove();
}

function makeElement(stream: MediaStream): HTMLVideoElement {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.autoplay = true;
  video.disablePictureInPicture = true;
  video.tabIndex = -1;
  video.ariaHidden = "true";
  video.srcObject = stream;
  elements.set(stream, video);
  return video;
}
