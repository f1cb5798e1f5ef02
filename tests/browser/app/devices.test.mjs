// Devices that are refused, missing or pulled out, and a network that changes under a call: said, and the call goes on.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CHINESE, House, isWhole, Person, press, says, until } from "./house.mjs";

let house;
before(async () => {
  house = await House.open();
});
after(() => house?.close());

test("microphone and camera refused: how to allow them, and one listens until then", async () => {
  const ben = await house.person("Ben of refusal");
  await ben.createRoom("Refusal");
  await ben.joinCall();
  const ann = await house.person("Ann of refusal", { without: "--use-fake-ui-for-media-stream", permissions: [] });
  await ann.join("Refusal");
  await press(ann, /^Join \(/);
  const alert = ann.page.getByRole("alert");
  await alert.getByText("Your browser does not let this page use your microphone and camera.").waitFor();
  await alert.getByText("Press the icon to the left of the address").waitFor();
  await press(ann, "Join now");
  await ann.page.getByRole("group", { name: /^Ben of refusal/ }).locator("video").waitFor();
  await ben.page.getByRole("group", { name: /^Ann of refusal.*muted/i }).waitFor();

  await press(ann, "Unmute");
  const toast = ann.page.getByRole("status").filter({ hasText: "Your browser does not let this page use your microphone" });
  await toast.filter({ hasText: "Press the icon to the left of the address" }).waitFor();
  await ann.context.grantPermissions(["microphone", "camera"]);
  await press(ann, "Unmute");
  await ben.page.getByRole("group", { name: "Ann of refusal", exact: true }).waitFor();
  isWhole(ann, ben);
  await Promise.all([ann.close(), ben.close()]);
});

test("a camera that was refused and then allowed opens before the call, in Chinese", async () => {
  const li = await house.person("李雷", { locale: "zh-CN", texts: CHINESE, without: "--use-fake-ui-for-media-stream", permissions: ["microphone"] });
  await li.createRoom("舰桥", { texts: CHINESE });
  await press(li, "发起通话");
  await says(li, "浏览器不允许此页面使用摄像头。");
  await says(li, "点按地址栏左侧的图标，将摄像头和麦克风设为“允许”，然后重试。");
  await li.context.grantPermissions(["microphone", "camera"]);
  await press(li, "重试");
  await li.page.getByRole("group", { name: "你的摄像头" }).locator("video").waitFor();
  assert.equal(await li.page.getByRole("alert").count(), 0);
  isWhole(li);
  await li.close();
});

test("no microphone and no camera at all: said, and one joins to listen", async () => {
  const ann = await house.person("Ann of nothing", { without: "--use-fake-device-for-media-stream" });
  await ann.createRoom("Nothing");
  await press(ann, "Start a call");
  const alert = ann.page.getByRole("alert");
  await alert.getByText("Neither a microphone nor a camera was found. Plug them in, then try again.").waitFor();
  await alert.getByText("You can join without them, to see and hear the others.").waitFor();
  await press(ann, "Start the call");
  await says(ann, "You are the only one here.");
  const ben = await house.person("Ben of nothing");
  await ben.join("Nothing");
  await ben.joinCall();
  await ann.page.getByRole("group", { name: /^Ben of nothing/ }).locator("video").waitFor();
  await press(ann, "Turn camera on");
  await says(ann, "No camera was found.");
  isWhole(ann, ben);
  await Promise.all([ann.close(), ben.close()]);
});

/** Takes a device away as a pulled cable does: its track ends, it is in no list, and it cannot be opened. */
const pullable = () => {
  const { mediaDevices } = navigator;
  const open = new Set();
  const gone = new Set();
  const { getUserMedia, enumerateDevices } = mediaDevices;
  mediaDevices.getUserMedia = async (wish) => {
    if ([...gone].some((kind) => wish[kind])) throw new DOMException("none", "NotFoundError");
    const stream = await getUserMedia.call(mediaDevices, wish);
    for (const track of stream.getTracks()) open.add(track);
    return stream;
  };
  mediaDevices.enumerateDevices = async () => {
    const all = await enumerateDevices.call(mediaDevices);
    return all.filter(({ kind }) => ![...gone].some((one) => kind === `${one}input`));
  };
  window.pull = (kind, { another }) => {
    if (!another) gone.add(kind);
    for (const track of open) {
      if (track.kind !== kind || track.readyState === "ended") continue;
      track.stop();
      track.dispatchEvent(new Event("ended"));
    }
    mediaDevices.dispatchEvent(new Event("devicechange"));
  };
};

test("devices pulled out and a network that changes, in the middle of a call", async () => {
  const way = await house.proxy();
  const ben = await house.person("Ben of cables");
  await ben.createRoom("Cables");
  await ben.joinCall();
  const profile = await house.browserOf({ over: way });
  await profile.context.addInitScript(pullable);
  const ann = await Person.arrive(profile);
  await ann.enter("Ann of cables");
  await ann.join("Cables");
  await ann.joinCall();
  const seen = ben.page.getByRole("group", { name: "Ann of cables", exact: true });
  await seen.locator("video").waitFor();

  // The camera first: there is another one, which takes its place.
  await ann.page.evaluate(() => pull("video", { another: true }));
  await says(ann, "Your camera is gone. Now using fake_device_0.");
  await ann.page.evaluate(() => pull("video", { another: false }));
  await says(ann, "Your camera is gone: it is off now.");
  await ann.page.getByRole("button", { name: "Turn camera on" }).waitFor();
  await seen.locator("video").waitFor({ state: "detached" });
  await ann.page.evaluate(() => pull("audio", { another: false }));
  await says(ann, "Your microphone is gone: nobody hears you.");
  await ben.page.getByRole("group", { name: /^Ann of cables.*muted/i }).waitFor();
  await press(ann, "Unmute");
  await says(ann, "No microphone was found.");

  // The network: what was connected is not any more, and the device says that it has another one.
  way.cut();
  await says(ann, "You still see and hear each other. Reconnecting…");
  await ben.page.getByRole("group", { name: /^Ann of cables.*connection lost/i }).waitFor();
  await ann.page.getByRole("group", { name: /^Ben of cables/ }).locator("video").waitFor();
  way.mend();
  await ann.page.evaluate(() => dispatchEvent(new Event("online")));
  await ben.page.getByRole("group", { name: /^Ann of cables, muted$/i }).waitFor();
  await ann.page.getByText("Reconnecting…").first().waitFor({ state: "detached" });
  const frames = () => ann.page.evaluate(() => Math.max(...[...document.querySelectorAll("video")].map((video) => video.getVideoPlaybackQuality().totalVideoFrames)));
  const before = await frames();
  await until(async () => (await frames()) > before + 10, "Ben's picture moves");
  isWhole(ann, ben);
  await Promise.all([ann.close(), ben.close()]);
});
