import { readFileSync } from 'node:fs'
import { availableParallelism, freemem } from 'node:os'

/** Physical processors that this process may use: two threads of one core share the units that matrix products need. */
export function physicalProcessors(): number {
  const allowed = availableParallelism()
  const cores = new Set<string>()
  for (const block of readText('/proc/cpuinfo').split('\n\n')) {
    const core = /^core id\s*:\s*(\d+)/m.exec(block)?.[1]
    if (core !== undefined) cores.add(`${/^physical id\s*:\s*(\d+)/m.exec(block)?.[1] ?? '0'}/${core}`)
  }
  return cores.size === 0 ? allowed : Math.max(1, Math.min(allowed, cores.size))
}

/** Bytes this process can still get: the machine's, or its control group's where that is less. Cached files count as free. */
export function availableMemoryBytes(): number {
  const machine = Number(/^MemAvailable:\s+(\d+) kB/m.exec(readText('/proc/meminfo'))?.[1] ?? Number.NaN) * 1024
  const available = Number.isNaN(machine) ? freemem() : machine
  const limit = Number(readText('/sys/fs/cgroup/memory.max'))
  if (!(limit > 0)) return available
  const used = Number(readText('/sys/fs/cgroup/memory.current'))
  const files = Number(/^file (\d+)/m.exec(readText('/sys/fs/cgroup/memory.stat'))?.[1] ?? 0)
  return Math.max(0, Math.min(available, limit - used + files))
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
