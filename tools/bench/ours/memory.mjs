// What a program needed beside its own code: the most resident memory so far less what was resident once
// everything was imported. PyTorch's side (peers/memory.py) counts the same.
/** Call when everything is imported. @returns what to call for the bytes at the end */
export function memoryMeter() {
  const baseline = process.memoryUsage.rss();
  return () => process.resourceUsage().maxRSS * 1024 - baseline;
}
