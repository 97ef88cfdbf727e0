{{- /* spec of a claim: (list $ "2Gi"). It names a class only where the cluster's default is not wanted. */ -}}
{{- define "ow.claim" -}}
{{- $ := index . 0 -}}{{- $persistence := $.Values.k8s.persistence -}}
accessModes: [ReadWriteOnce]
{{- if not $persistence.hasDefaultStorageClass }}
storageClassName: {{ $persistence.explicitStorageClass }}
{{- end }}
resources:
  requests:
    storage: {{ index . 1 }}
{{- end -}}
