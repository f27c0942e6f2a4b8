// Runs a script of this folder in a process of its own.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * How the script ended, what it wrote, and milliseconds from its last line to its end.
 *
 * @param {string} script its name in this folder
 */
export const run = (script, { args = [], flags = [], env = {}, timeout = 60_000 } = {}) =>
  new Promise((resolve, reject) => {
    const path = fileURLToPath(new URL(script, import.meta.url))
    const child = spawn(process.execPath, [...flags, path, ...args.map(String)], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout,
    })
    let [stdout, stderr, written] = ['', '', performance.now()]
    child.stdout.on('data', (text) => {
      stdout += text
      written = performance.now()
    })
    child.stderr.on('data', (text) => (stderr += text))
    let exited
    child.on('exit', () => (exited = performance.now()))
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr, ended: exited - written }))
  })
