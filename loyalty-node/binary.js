'use strict'

// Loads the binary of this platform, or says what to do where there is none.

/** The platforms with a binary: each is an optional dependency of its own, named `loyalty-` and this. */
const PLATFORMS = [
  'linux-x64-gnu',
  'linux-arm64-gnu',
  'linux-x64-musl',
  'linux-arm64-musl',
  'darwin-x64',
  'darwin-arm64',
  'win32-x64-msvc',
  'win32-arm64-msvc',
]

function load() {
  try {
    return require('./native.js')
  } catch (cause) {
    throw new Error(withoutBinary(cause), { cause })
  }
}

/** What to say, and what to do, where no binary could be loaded. */
function withoutBinary(cause) {
  const sought = platform()
  const advice = PLATFORMS.includes(sought)
    ? `Yours comes with the package loyalty-${sought}, an optional dependency: install on this platform, optional ` +
      'dependencies included, after removing a node_modules and a lock file made on another. A bundler must leave loyalty ' +
      'or *.node external.'
    : 'For another platform build the package from its source, which takes Rust: npm run build.'
  return (
    `no binary of loyalty could be loaded for ${sought} (Node ${process.version})${reason(cause)}. ` +
    `There are binaries for ${PLATFORMS.join(', ')}. ${advice}`
  )
}

/** Why one that is there could not be loaded: its error is among those of the places where there is none. */
function reason(error) {
  if (!error) return ''
  return error.message.startsWith('Cannot find') ? reason(error.cause) : `: ${error.message}`
}

/** This platform, as it is called in the list. */
function platform() {
  const { platform, arch, report } = process
  if (platform === 'win32') return `${platform}-${arch}-msvc`
  if (platform !== 'linux') return `${platform}-${arch}`
  if (report) report.excludeNetwork = true
  return `${platform}-${arch}-${report?.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl'}`
}

module.exports = load()
