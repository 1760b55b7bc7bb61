import { defineMessages } from '../../i18n/define'

export const settingsMessages = defineMessages({
  title: { en: 'Settings', es: 'Ajustes' },
  appearance: { en: 'Appearance', es: 'Aspecto' },
  theme: { en: 'Theme', es: 'Tema' },
  themeSystem: { en: 'Like the system', es: 'Como el sistema' },
  themeLight: { en: 'Light', es: 'Claro' },
  themeDark: { en: 'Dark', es: 'Oscuro' },
  themeContrast: { en: 'High contrast', es: 'Alto contraste' },
  language: { en: 'Language', es: 'Idioma' },
  tokens: { en: 'Tokens', es: 'Tokens' },
  silence: { en: 'Do not colour tokens at least this probable', es: 'No colorear tokens de al menos esta probabilidad' },
  letters: { en: 'Single letters as shortcuts in canvases and tables', es: 'Letras solas como atajos en lienzos y tablas' },
  engine: { en: 'Engine', es: 'Motor' },
  reopen: { en: 'Load the last model when the workbench starts', es: 'Cargar el último modelo al arrancar' },
  runs: { en: 'Runs', es: 'Ejecuciones' },
  runsBound: { en: 'Disk for kept runs (GiB)', es: 'Disco para ejecuciones guardadas (GiB)' },
  runsBoundHint: {
    en: 'Beyond this, the oldest runs that are not pinned are removed.',
    es: 'Al pasarlo, se quitan las ejecuciones más antiguas no fijadas.'
  },
  about: { en: 'About', es: 'Acerca de' },
  version: { en: 'Workbench', es: 'Programa' },
  engineBuild: { en: 'Engine build', es: 'Compilación del motor' },
  platform: { en: 'Runs on', es: 'Se ejecuta en' },
  folder: { en: 'Runs are kept in', es: 'Las ejecuciones se guardan en' },
  offline: {
    en: 'The workbench opens no network connection except to servers that you name.',
    es: 'El programa no abre conexiones de red salvo a los servidores que usted indique.'
  }
})
