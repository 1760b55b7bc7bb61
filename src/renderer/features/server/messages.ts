import { defineMessages } from '../../i18n/define'

export const serverMessages = defineMessages({
  title: { en: 'Server', es: 'Servidor' },
  here: { en: 'This workbench', es: 'Este programa' },
  location: { en: 'Engine', es: 'Motor' },
  state: { en: 'State', es: 'Estado' },
  stateStarting: { en: 'starting', es: 'arrancando' },
  stateReady: { en: 'ready', es: 'listo' },
  stateCrashed: { en: 'stopped unexpectedly', es: 'se detuvo inesperadamente' },
  stateRestarting: { en: 'restarting', es: 'reiniciando' },
  stateStopped: { en: 'stopped', es: 'detenido' },
  process: { en: 'Process', es: 'Proceso' },
  build: { en: 'Engine build', es: 'Compilación' },
  version: { en: 'Workbench', es: 'Programa' },
  restart: { en: 'Restart the engine', es: 'Reiniciar el motor' },
  restartHint: {
    en: 'Ends the engine process and starts another; the model is loaded again.',
    es: 'Termina el proceso del motor y arranca otro; el modelo se carga de nuevo.'
  },
  devices: { en: 'Backends found', es: 'Motores de cálculo encontrados' },
  device: { en: 'Backend', es: 'Motor' },
  available: { en: 'usable', es: 'utilizable' },
  unavailable: { en: 'not usable', es: 'no utilizable' },
  description: { en: 'Device', es: 'Dispositivo' },
  remote: { en: 'Use the engine of another machine', es: 'Usar el motor de otra máquina' },
  remoteHint: {
    en: 'The page stays here; model, runs and files are those of the other machine.',
    es: 'La página se queda aquí; modelo, ejecuciones y archivos son los de la otra máquina.'
  },
  address: { en: 'Address', es: 'Dirección' },
  token: { en: 'Token', es: 'Clave' },
  connect: { en: 'Connect', es: 'Conectar' },
  connecting: { en: 'Connecting…', es: 'Conectando…' },
  connected: { en: 'Connected to {location}', es: 'Conectado a {location}' },
  disconnect: { en: 'Back to this machine', es: 'Volver a esta máquina' },
  badAddress: {
    en: 'An address begins with http:// or https:// and names a machine.',
    es: 'Una dirección empieza con http:// o https:// y nombra una máquina.'
  },
  opensHere: {
    en: 'In a browser this opens the other workbench in this tab.',
    es: 'En un navegador, esto abre el otro programa en esta pestaña.'
  },
  start: { en: 'Start a server', es: 'Iniciar un servidor' },
  startHint: {
    en: 'On the machine with the GPU, in the folder of the workbench:',
    es: 'En la máquina con la GPU, en la carpeta del programa:'
  },
  startTunnel: {
    en: 'From your own machine, through SSH (nothing is open to the network):',
    es: 'Desde su máquina, por SSH (nada queda abierto a la red):'
  },
  startOpen: {
    en: 'Or, on a network that you trust, open to other machines:',
    es: 'O, en una red de confianza, abierto a otras máquinas:'
  },
  startThen: {
    en: 'The server prints an address with its token. Paste the whole address above.',
    es: 'El servidor imprime una dirección con su clave. Pegue arriba la dirección entera.'
  },
  copy: { en: 'Copy the command', es: 'Copiar la orden' }
})
